import type { CameraThen, InputFile } from '../operation.ts'

/** What the process of an operation is told first. What it is to take follows in pieces, for that may be much. */
export interface OperationTask {
  operation: string
  /** `Operation.external`: what is done in its place. */
  external?: object
  /** What was asked for besides pictures; absent: left out. */
  values: Record<string, string | number>
  /** Fields of pictures: those without any have none. */
  fileFields: string[]
  cameras: Record<string, CameraThen>
  framesFolder: string
  modelsFolder: string
  engine: string
  /** Nothing else stands in it: what is needed meanwhile, and below `OUT` what came of it. */
  folder: string
  /** What all that it makes may take. */
  mostBytes: number
}

/** Within the folder of an operation's process. */
export const OUT = 'out'
export const SCRATCH = 'scratch'

/** So many in one message stay far below what one may hold. */
export const FILES_AT_ONCE = 500

/** Some of the pictures of one field, in order. */
export interface SomeFiles {
  field: string
  files: InputFile[]
}

/** How far it is, 0..1. */
export interface OperationProgress {
  fraction: number
}

/** A file that an operation made. */
export interface MadeFile {
  /** As the operation calls it. */
  name: string
  type: 'fits' | 'image' | 'table' | 'json' | 'video'
  /** Names in the folder, by form. */
  forms: Record<string, string>
  /** Of all forms. */
  bytes: number
  /** Of the first form. */
  sha256: string
}

export interface Made {
  files: MadeFile[]
  data: unknown[] | null
}
