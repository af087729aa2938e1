import type { ProgramLimits, ProgramRequest, SourceFile } from './program.ts'

/** One command that is run in a box. */
export interface Step {
  /** Said as a message `console` before it: what a person would have typed. */
  shown: string
  /** Within the box; the first is an absolute path. */
  command: readonly [string, ...string[]]
  environment: Readonly<Record<string, string>>
}

/** How one program is built and run. */
export interface Plan {
  /** What lies in the working folder beside the program's own files, such as a project file. */
  files: readonly SourceFile[]
  /** One after the other, each in a box of the user who builds; what they leave is what is run. Empty: nothing is built. */
  build: readonly Step[]
  /** The arguments of a program are put behind it. Null: nothing is run. */
  run: Step | null
}

/** A request that a language cannot make a plan of: the text is for whoever wrote it. */
export class PlanError extends Error {
  readonly code = 'bad_program'
  readonly fault = 'caller'
}

/** A mode's tool that is not installed. */
export class MissingTool extends Error {
  readonly code = 'missing_tool'
  readonly tool: string
  constructor(tool: string, message: string) {
    super(message)
    this.tool = tool
  }
}

/** What of a request its project is made of. */
export type Project = Pick<ProgramRequest, 'files' | 'main' | 'switches' | 'name'>

/** A programming language: one file each in `languages/`, and one line in `languages.ts`. */
export interface Language {
  /** Lower case, as in addresses. */
  name: string
  /** For people. */
  title: string
  /** Of files that are written in it, with the dot. */
  endings: readonly string[]
  /** A file for a new program: the console begins with it. */
  example: SourceFile
  /** Which switches are let through, by `Builder` and `Compiler`. */
  switches: Readonly<Record<string, readonly RegExp[]>>
  /**
   * The project that a person downloads, without the program's own files: what builds those elsewhere, as `plan` does
   * here. No tool of the language is needed for it.
   */
  base(request: Project): readonly SourceFile[]
  /**
   * What of it is installed, found by looking.
   * @returns null where it is not installed
   * @throws MissingTool where it is, and cannot be had in a box
   */
  find(): Promise<FoundLanguage | null>
}

/** A language as this machine has it. */
export interface FoundLanguage {
  /** Its tool, where that is called otherwise, and what this says of itself: `gcc 12.2.0`, `3.11.2`. */
  version: string
  /** Modes that can be had here. */
  modes: readonly ProgramRequest['mode'][]
  /** Files and folders of this machine that its boxes see beside `/usr`. */
  shows: readonly { from: string; to: string }[]
  /** @throws PlanError, MissingTool */
  plan(request: ProgramRequest, limits: ProgramLimits): Plan
}
