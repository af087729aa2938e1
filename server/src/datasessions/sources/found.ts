import type { InputFile } from '../operation.ts'

/** A picture that is there. */
export interface Found {
  file: InputFile
  /** Changes with what it holds, and not with its name. */
  fingerprint: string
  /** Whether everybody who may call the laboratory may see it. */
  isShared: boolean
}

/** Why a picture is not there, for whoever asked. */
export class Missing extends Error {}
