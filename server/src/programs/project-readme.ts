import { PlanError, type Project } from './language.ts'
import { typed } from './perform/arguments.ts'
import { givenTo } from './perform/given.ts'
import type { Mode, SourceFile } from './program.ts'

/** How a program is built and run where it was downloaded to. */
export interface Elsewhere {
  /** What it is written in, and what has to be installed, in a sentence or two. */
  needs: string
  /** Typed once; empty: nothing is built. */
  build: readonly string[]
  /** Its arguments are put behind it. */
  run: string
}

/** Longer arguments are not written out. */
const MOST = 500

/** The arguments of `cli.txt` as a person would type them. @returns empty where there are none, or not in one line */
export const argumentsOf = (request: Project) => inOneLine(given(request, 'run')?.words ?? [])

/** A `README.md` that says how a downloaded program is built, run with its arguments, and held against its cases. */
export function readmeOf(request: Project, { needs, build, run }: Elsewhere): SourceFile {
  const has = (name: string) => request.files.some(({ basename }) => basename === name)
  const parts = [`# ${request.name.trim() || 'A program'}`, needs]
  if (build.length > 0) parts.push('Build it:', code(build))
  parts.push('Run it:', code([`${run} ${argumentsOf(request)}`.trim()]))
  if (has('cli.txt')) parts.push('`cli.txt` holds its arguments. The program does not read that file.')
  const cases = given(request, 'submit')?.cases ?? []
  if (has('lab_io.txt'))
    parts.push(
      '`lab_io.txt` holds cases: `in N:` are the arguments of case N, `out N:` is what the program should print then. The end of a line counts as a blank there, and blanks at the ends of lines do not count.',
    )
  if (cases.length > 0)
    parts.push(
      code(
        cases.flatMap(({ in: words, out }) => [
          `${run} ${inOneLine(words)}`.trim(),
          ...out.map((line) => `# ${line}`.trimEnd()),
        ]),
      ),
    )
  return { basename: 'README.md', contents: `${parts.join('\n\n')}\n` }
}

/** @returns null where what it is given cannot be read: it is told of that when it is run */
function given({ files }: Project, mode: Mode) {
  try {
    return givenTo({ files: [...files], mode })
  } catch (error) {
    if (error instanceof PlanError) return null
    throw error
  }
}

function inOneLine(words: readonly string[]): string {
  const line = typed(words)
  return /[\r\n]/.test(line) || line.length > MOST ? '' : line
}

const code = (lines: readonly string[]) => lines.map((line) => `    ${line}`).join('\n')
