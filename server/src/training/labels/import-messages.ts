import type { VectorView } from '@ajar/models'

/** What an import is told, whatever it reads. */
export interface ImportTask {
  /** The file that came. */
  path: string
  /** States of the source. Where there are none, those of the file become its states. */
  states: string[]
  /** States that it does not have are added. */
  addStates: boolean
  /** The states become those of the file, and no others: what was there before goes. */
  exactly: boolean
  /** Of a sensor: how its readings are seen. */
  vector: VectorView | null
  /** Of a sensor: how many numbers its readings have; null before the first one of one of which nobody said it. */
  length: number | null
  /** The time of the last one where the file tells no times, milliseconds UTC; null: when the file was written. */
  endAt: number | null
  /** Largest picture. */
  maxFrameBytes: number
  /** What all that is in the file may come to when it is unpacked. */
  maxTotalBytes: number
}

/** A picture or a reading that can be stored as it is. */
export interface ImportedItem {
  /** Its name in the zip, or its line. */
  file: string
  /** A state of the source, or a mark. */
  state: string
  /** Milliseconds UTC; no two of one file are equal. */
  capturedAt: number
  /** The JPEG, or the numbers of the reading. */
  content: Uint8Array | number[]
}

/** What is left out, and why. */
export interface LeftOut {
  file: string
  reason: string
}

/** What an import tells on the way. Before `plan` nothing may be changed: the file may still be refused as a whole. */
export type ImportMessage =
  | { kind: 'checked'; fraction: number }
  | ImportPlan
  | { kind: 'labelled'; items: ImportedItem[] }
  | ({ kind: 'left_out' } & LeftOut)
  | { kind: 'more_left_out'; count: number }

/** What the source is once all is in: that is set before anything is stored. */
export interface ImportPlan {
  kind: 'plan'
  states: string[]
  /** Pictures or readings that will come. */
  items: number
  /** Of a sensor: how its readings are seen. */
  vector?: VectorView
}

export type ImportErrorCode =
  | 'bad_csv'
  | 'bad_header'
  | 'no_readings'
  | 'other_length'
  | 'too_many_rows'
  | 'bad_zip'
  | 'zip_bomb'
  | 'bad_entry'
  | 'bad_layout'
  | 'bad_manifest'
  | 'no_pictures'
  | 'too_many_entries'
  | 'too_many_states'
  | 'unknown_state'

/** Why a file is refused as a whole, by its sender's fault. */
export class ImportError extends Error {
  readonly code: ImportErrorCode
  readonly fault = 'caller'
  constructor(code: ImportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
