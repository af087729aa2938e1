/** What an import is told. */
export interface ImportTask {
  /** The zip. */
  path: string
  /** States of the camera. Where there are none, the zip's folders become its states. */
  states: string[]
  /** States that it does not have are added. */
  addStates: boolean
  /** Largest picture. */
  maxFrameBytes: number
  /** What all that is in the zip may come to. */
  maxTotalBytes: number
}

/** A picture that can be stored as it is. */
export interface ImportedPicture {
  /** Its name in the zip. */
  file: string
  /** A state of the camera, or a mark. */
  state: string
  /** Milliseconds UTC; no two of one zip are equal. */
  capturedAt: number
  jpeg: Uint8Array
}

/** A picture that is left out, and why. */
export interface LeftOut {
  file: string
  reason: string
}

/** What an import tells on the way. Before `plan` nothing may be changed: the zip may still be refused as a whole. */
export type ImportMessage =
  | { kind: 'checked'; fraction: number }
  | { kind: 'plan'; states: string[]; pictures: number }
  | ({ kind: 'picture' } & ImportedPicture)
  | ({ kind: 'left_out' } & LeftOut)

export type ImportErrorCode =
  | 'bad_zip'
  | 'zip_bomb'
  | 'bad_entry'
  | 'bad_layout'
  | 'bad_manifest'
  | 'no_pictures'
  | 'too_many_entries'
  | 'too_many_states'
  | 'unknown_state'

/** Why a zip is refused as a whole, by its sender's fault. */
export class ImportError extends Error {
  readonly code: ImportErrorCode
  readonly fault = 'caller'
  constructor(code: ImportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
