import type { ProgramMessageRow } from '../database/schema-programs.ts'

/** What a program may be asked to do; `submit` runs it against the cases of its lab. */
export const MODES = [
  'run',
  'submit',
  'compile',
  'prove',
  'prove_flow',
  'prove_flow_report_all',
  'prove_report_all',
] as const
export type Mode = (typeof MODES)[number]

export interface SourceFile {
  basename: string
  contents: string
}

/** A program to be run, checked; what an older client sends (WIRE.md D). */
export interface ProgramRequest {
  files: SourceFile[]
  /** The file, or the unit, that it begins with; empty: found by what the files hold. */
  main: string
  mode: Mode
  /** By tool: `Builder`, `Compiler`. */
  switches: Record<string, string[]>
  name: string
  lab: boolean
}

/** One thing that a run has to say. */
export interface Message extends Pick<ProgramMessageRow, 'type' | 'data'> {
  /** Number of a case of a lab. */
  ref?: string
}

/** What came of a run. */
export interface Outcome {
  /** Exit code; 124: its time was over. */
  status: number
  isSuccess: boolean
}

export interface ProgramLimits {
  /** Of a run; a build may take three times that. */
  ms: number
  /** Of a run; a build may take twice that. */
  memoryBytes: number
  processes: number
}
