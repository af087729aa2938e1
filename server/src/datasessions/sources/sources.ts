import type { Caller } from '../../http/access.ts'
import type { Entry } from '../entries.ts'
import type { InputFile } from '../operation.ts'

/** What entries stand for, to somebody who may read all of it. */
export interface Resolved {
  files: InputFile[]
  /** What each holds: changes with its content, and not with its name. In the order of `files`. */
  fingerprints: string[]
  /** Whether everybody who may call the laboratory may read all of them; else what comes of them is the caller's own. */
  isShared: boolean
}

/** Where pictures come from: frames, the archive's FITS files, uploads, and what operations made. */
export interface Sources {
  /**
   * Finds what an operation is to take. Asked with the rights of an account, again right before the operation begins.
   * @param field named in the error where an entry is not there, or not the caller's
   * @throws FieldErrors
   */
  resolve(account: string, field: string, entries: readonly Entry[]): Promise<Resolved>
  /** Checks and completes entries for a session's `input_data`: queries become the frames that they stand for. @throws FieldErrors */
  expand(account: string, field: string, entries: readonly Entry[]): Promise<Entry[]>
  /** One picture by its basename; null where there is none that the account may read. @param account null: of an admin, who reads all */
  find(account: Caller['account'] | null, source: string, basename: string): Promise<InputFile | null>
}
