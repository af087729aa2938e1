/** What a program may be asked to do. */
export type Mode = 'run' | 'submit' | 'compile' | 'prove' | 'prove_flow' | 'prove_flow_report_all' | 'prove_report_all'

export interface SourceFile {
  basename: string
  contents: string
}

/** A language as the server's machine has it. */
export interface LanguageBody {
  name: string
  title: string
  version: string
  /** Of files that are written in it, with the dot. */
  endings: string[]
  modes: Mode[]
  /** A file for a new program. */
  example: SourceFile
  /** Tools that take switches: `Builder`, `Compiler`. */
  switches: string[]
}

export interface ProgramLimitsBody {
  /** Of a run. */
  ms: number
  memoryBytes: number
  processes: number
}

export interface LanguagesBody {
  /** Whether programs are run here at all. */
  available: boolean
  /** Why not, and how to mend it. */
  reason: string | null
  items: LanguageBody[]
  limits: ProgramLimitsBody
}

/** What the server is asked to run. */
export interface ProgramBody {
  files: SourceFile[]
  /** Empty: found by what the files hold. */
  main: string
  mode: Mode
  /** By tool. */
  switches: Record<string, string[]>
  name: string
  lab: boolean
}

/** Who says a line: ajar of what it does, the program, ajar of what went wrong. */
export type Speaker = 'console' | 'stdout' | 'stderr' | 'internal_error'

/** One line that a run has to say, or what came of all cases of a lab. */
export type MessageBody = { type: Speaker; data: string } | { type: 'lab'; data: LabBody }

interface Progress {
  /** Exit status; it counts when it is completed. */
  status: number
  completed: boolean
  /** Anything else is why it was refused. */
  message: 'PENDING' | 'SUCCESS' | 'FAILURE' | string
}

/** What is told over the WebSocket of a run. */
export interface FrameBody extends Progress {
  output: MessageBody[]
  /** Number of the case of a lab that all messages of this frame belong to. */
  ref?: string
  /** Comes first; empty where the program is not run. */
  identifier?: string
}

/** What is answered to who asks for the output of a run. */
export interface OutputBody extends Progress {
  output: { msg: MessageBody; ref?: string }[]
}

/** What came of the cases of a lab. */
export interface LabBody {
  success: boolean
  cases: Record<string, { in: string[]; out: string; actual: string; status: string }>
}
