import { existsSync } from 'node:fs'
import { installed, lineByLine, versionOf } from './installed.ts'
import type { FoundLanguage, Language, Plan, Project } from './language.ts'
import { endsIn } from './main-file.ts'
import type { ProgramRequest, SourceFile } from './program.ts'
import { argumentsOf, readmeOf } from './project-readme.ts'
import { refuseProof } from './proving.ts'
import { switchesFor } from './switches.ts'

/** What differs between C and C++, and which of GCC's programs builds them. */
export interface GccDialect {
  language: Pick<Language, 'title' | 'switches'>
  /** How its sources end; g++ compiles those of C beside them. */
  sources: readonly string[]
  compiler: 'gcc' | 'g++'
}

/** A program without warnings is not hard to write, and one with them is often wrong. */
const ALWAYS = ['-g', '-Wall']
/** After the sources, which is where a linker looks for what they miss. */
const LIBRARIES = ['-lm']

export async function findGcc(dialect: GccDialect): Promise<FoundLanguage | null> {
  const program = installed(dialect.compiler)
  const version = program && (await versionOf(program, '--version'))
  // The headers of the C library are a package of their own, and little can be compiled without.
  if (!program || !version || !existsSync('/usr/include/stdio.h')) return null
  return {
    version: `${dialect.compiler} ${version}`,
    modes: ['run', 'submit', 'compile'],
    shows: [],
    plan: (request) => plan(program, dialect, request),
  }
}

function plan(program: string, dialect: GccDialect, request: ProgramRequest): Plan {
  refuseProof(request.mode, dialect.language)
  const { options, sources } = partsOf(dialect, request)
  const whole = request.files.some(({ contents }) => /\bmain\s*\(/.test(contents))
  // A part of a program can be compiled, and not be linked.
  const rest =
    request.mode === 'compile' && !whole
      ? [...options, '-fsyntax-only', ...sources]
      : [...options, '-o', 'main', ...sources, ...LIBRARIES]
  return {
    files: [],
    build: [{ shown: [dialect.compiler, ...rest].join(' '), command: [program, ...rest], environment: {} }],
    run: request.mode === 'compile' ? null : { shown: './main', command: lineByLine('./main'), environment: {} },
  }
}

function partsOf(dialect: GccDialect, request: Project) {
  // g++ takes a file of C for C++ unless it is told.
  const ofC = dialect.compiler === 'g++' ? named(request, ['.c']) : []
  const asC = ofC.length > 0 ? ['-x', 'c', ...ofC, '-x', 'none'] : []
  return {
    options: [
      ...ALWAYS,
      ...switchesFor('Compiler', dialect.language.switches, request.switches),
      ...switchesFor('Builder', dialect.language.switches, request.switches),
    ],
    sources: [...named(request, dialect.sources), ...asC],
  }
}

const named = ({ files }: Pick<Project, 'files'>, endings: readonly string[]) =>
  files.filter(endsIn(endings)).map(({ basename }) => basename)

/** A makefile that does as `plan` does, and a word on how it is used. */
export function makefile(dialect: GccDialect, request: Project): SourceFile[] {
  const { options, sources } = partsOf(dialect, request)
  const variable = dialect.compiler === 'gcc' ? 'CC' : 'CXX'
  const read = named(request, [...dialect.sources, '.c', '.h', '.hh', '.hpp', '.hxx'])
  const { title } = dialect.language
  const needs = `It is written in ${title}, and needs ${dialect.compiler} and make (Debian: \`apt-get install ${dialect.compiler} make\`).`
  return [
    readmeOf(request, { needs, build: ['make'], run: './main' }),
    {
      basename: 'Makefile',
      contents: `${variable} = ${dialect.compiler}
ARGUMENTS = ${inMake(argumentsOf(request))}

main: ${read.join(' ')}
\t$(${variable}) ${[...options, '-o main', ...sources, ...LIBRARIES].join(' ')}

run: main
\t./main $(ARGUMENTS)

clean:
\trm -f main

.PHONY: run clean
`,
    },
  ]
}

/** As a variable's value, where make would read a variable or a remark. A backslash before # it takes away. */
const inMake = (text: string) =>
  text.replaceAll('$', '$$$$').replace(/\\*#/g, (hash) => `${'\\'.repeat(2 * hash.length - 1)}#`)
