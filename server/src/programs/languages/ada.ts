import { installed, lineByLine, versionOf } from '../installed.ts'
import {
  type FoundLanguage,
  type Language,
  MissingTool,
  type Plan,
  PlanError,
  type Project,
  type Step,
} from '../language.ts'
import { endsIn, mainFile, stem } from '../main-file.ts'
import type { Mode, ProgramRequest, SourceFile } from '../program.ts'
import { type Elsewhere, readmeOf } from '../project-readme.ts'
import { PROVING } from '../proving.ts'
import { GCC_SWITCHES, switchesFor } from '../switches.ts'

const isBody = endsIn(['.adb'])
const isAda = endsIn(['.adb', '.ads'])
const isC = endsIn(['.c'])

/** Ada by GNAT, with files of C beside it where gprbuild is installed. */
export const ada: Language = {
  name: 'ada',
  title: 'Ada',
  endings: ['.adb', '.ads'],
  example: {
    basename: 'main.adb',
    contents: `with Ada.Command_Line; use Ada.Command_Line;
with Ada.Text_IO;      use Ada.Text_IO;

procedure Main is
begin
   Put_Line ("Hello, " & (if Argument_Count > 0 then Argument (1) else "world") & "!");
end Main;
`,
  },
  switches: {
    Compiler: [
      ...GCC_SWITCHES,
      // Letters and digits only: what names a file (`-gnatec=`, `-gnatep=`) has an equals sign.
      /^-gnat[0-9a-zA-Z.]+$/,
    ],
    Builder: [/^-g[0-3]?$/, /^-O[0-3]?$/, /^-[fkmsv]$/, /^-gnat[0-9a-zA-Z.]+$/],
  },
  base: (request) => [...project(request, 'run'), readmeOf(request, elsewhere(request))],
  find,
}

interface Tools {
  gnatmake: string
  gprbuild: string | null
  gnatprove: string | null
}

async function find(): Promise<FoundLanguage | null> {
  const gnatmake = installed('gnatmake')
  const version = gnatmake && (await versionOf(gnatmake, '--version'))
  if (!gnatmake || !version) return null
  const tools = { gnatmake, gprbuild: installed('gprbuild'), gnatprove: installed('gnatprove') }
  const proofs = tools.gnatprove ? (Object.keys(PROVING) as Mode[]) : []
  return {
    version: `GNAT ${version}`,
    modes: ['run', 'submit', 'compile', ...proofs],
    shows: [],
    plan: (request) => plan(tools, request),
  }
}

function plan(tools: Tools, request: ProgramRequest): Plan {
  const proof = PROVING[request.mode]
  const files = project(request, request.mode)
  if (proof) {
    if (!tools.gnatprove)
      throw new MissingTool(
        'gnatprove',
        `${request.mode} needs gnatprove, which is not installed on this server (it is part of SPARK).`,
      )
    const options = ['-P', 'main.gpr', '--checks-as-errors', '--level=0', ...proof]
    return { files, build: [step('gnatprove', tools.gnatprove, options)], run: null }
  }
  const main = mainOf(request)
  // Without a main there is nothing to link: parts of a program can be compiled all the same.
  if (!main && request.mode !== 'compile')
    throw new PlanError(
      'There is no main procedure: a library-level procedure without parameters, in a file of its own.',
    )
  const build = tools.gprbuild
    ? step('gprbuild', tools.gprbuild, ['-q', '-p', '-P', 'main.gpr', ...builderSwitches(request)])
    : gnatmake(tools.gnatmake, request, main)
  if (!main || request.mode === 'compile') return { files, build: [build], run: null }
  const program = `./${stem(main.basename)}`
  return { files, build: [build], run: { shown: program, command: lineByLine(program), environment: {} } }
}

/** How GNAT builds by itself, which knows no C. */
function gnatmake(program: string, request: ProgramRequest, main: SourceFile | null): Step {
  if (request.files.some(isC))
    throw new MissingTool('gprbuild', 'Ada and C together need gprbuild, which is not installed on this server.')
  const sources = main ? [main] : request.files.filter(isAda)
  const whole = main ? [] : ['-c', '-u']
  const options = [...whole, ...compilerSwitches(request), ...builderSwitches(request)]
  return step('gnatmake', program, ['-q', ...options, ...sources.map(({ basename }) => basename)])
}

const step = (name: string, program: string, options: readonly string[]): Step => ({
  shown: [name, ...options].join(' '),
  command: [program, ...options],
  environment: {},
})

/** As a compiler of Ada is best asked for programs that are tried out: with assertions, and with warnings. */
const compilerSwitches = (request: Project) => [
  '-g',
  '-gnata',
  '-gnatwa',
  ...switchesFor('Compiler', ada.switches, request.switches),
]
const builderSwitches = (request: Project) => switchesFor('Builder', ada.switches, request.switches)

function elsewhere(request: Project): Elsewhere {
  const main = mainOf(request)
  return {
    needs: 'It is written in Ada, and needs GNAT and gprbuild (Debian: `apt-get install gnat gprbuild`).',
    build: ['gprbuild -p -P main.gpr'],
    run: main ? `./${stem(main.basename)}` : 'gprbuild -p -P main.gpr',
  }
}

/** The project file that gprbuild and gnatprove read, and pragmas where it is to be proved. */
function project(request: Project, mode: Mode): SourceFile[] {
  const main = mainOf(request)
  const isProved = PROVING[mode] !== undefined
  const languages = request.files.some(isC) ? ['Ada', 'C'] : ['Ada']
  const ofC = request.files.some(isC)
    ? `\n      for Default_Switches ("C") use ${list(compilerSwitches(request).filter((one) => !one.startsWith('-gnat')))};`
    : ''
  const contents = `project Main is

   for Languages use ${list(languages)};
   for Source_Dirs use (".");
   for Object_Dir use "obj";
   for Exec_Dir use ".";
${main ? `   for Main use (${quoted(main.basename)});\n` : ''}
   package Compiler is
      for Default_Switches ("Ada") use ${list(compilerSwitches(request))};${ofC}
   end Compiler;
${
  isProved
    ? `
   package Builder is
      for Global_Configuration_Pragmas use "main.adc";
   end Builder;
`
    : ''
}
end Main;
`
  const pragmas = { basename: 'main.adc', contents: 'pragma SPARK_Mode (On);\n' }
  return [{ basename: 'main.gpr', contents }, ...(isProved ? [pragmas] : [])]
}

const list = (texts: readonly string[]) => `(${texts.map(quoted).join(', ')})`
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`

/** Behind what a unit may begin with (Ada 2012, 10.1.2): clauses and pragmas, wherever lines end. */
const PROCEDURE =
  /^\s*(?:(?:(?:limited\s+)?(?:private\s+)?with|use|pragma)\b[^;]*;\s*)*procedure\s+[a-z][\w.]*\s+(?:is|with)\b/i
const isProcedure = (contents: string) => PROCEDURE.test(contents.replaceAll(/--.*/g, ''))

/**
 * A library-level procedure that is no body of a package's or procedure's spec; or a main program in C.
 * @returns null: there is none, as in a project of packages only
 */
function mainOf({ files, main }: Pick<Project, 'files' | 'main'>): SourceFile | null {
  const specs = new Set(files.filter(endsIn(['.ads'])).map(({ basename }) => stem(basename)))
  const bodies = files.filter(isBody).filter(({ basename }) => !specs.has(stem(basename)))
  const ofC = files.filter(isC).filter(({ contents }) => /\bmain\s*\(/.test(contents))
  if (main.trim() !== '') return mainFile([...files.filter(isBody), ...ofC], main, isProcedure)
  const procedures = bodies.filter(({ contents }) => isProcedure(contents))
  const candidates = procedures.length > 0 ? procedures : ofC
  return candidates.length === 0 ? null : mainFile(candidates, '', () => true)
}
