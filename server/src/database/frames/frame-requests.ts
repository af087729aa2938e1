import type { FrameId, StoredFrame } from './frames-file.ts'

/** What the thread of the frames files is asked, and what it answers. Times are milliseconds UTC. */

export interface NewFrame {
  camera: string
  /** null: the store mints it as max(now, last + 1) of the camera. */
  capturedAt: number | null
  receivedAt: number
  /** The MQTT packet was marked as sent before. */
  dup: boolean
  /** What is stored. */
  jpeg: Uint8Array
  /** Of the bytes as they were sent, where others are stored: it tells whether a frame is sent again. */
  sha256?: Uint8Array
  /** It has ended already: it does not wait for the pipeline. */
  ended?: boolean
}

export type Taken =
  /** Its bytes come back, so that the next step need not read them from the disk. */
  | { kind: 'stored'; frame: StoredFrame; jpeg: Uint8Array }
  /** The same id with the same bytes was stored before. */
  | { kind: 'duplicate'; frame: StoredFrame }
  /** The same id was stored before with other bytes. */
  | { kind: 'collision'; frame: StoredFrame }

export type PutResult =
  | Taken
  /** The disk did not take it before `giveUpAt`, and it will not be stored. */
  | { kind: 'given_up' }

/** What names a finished frame, whatever its camera is called by now. */
export type FinishedFrame = Pick<StoredFrame, 'file' | 'row' | 'capturedAt'>

/** Steps of a frame's journey: many share one transaction, and they wait while the disk refuses. */
export type JourneyRequest =
  /** From `giveUpAt` on it is not stored any more, for nobody waits for it; null: it waits on. */
  | { kind: 'put'; frame: NewFrame; giveUpAt: number | null }
  | { kind: 'finish'; frames: FinishedFrame[] }
  | { kind: 'pending'; camera: string; before: number; limit: number }
  | { kind: 'pendingCounts' }

/** Care of what is stored: one at a time, in between the frames that come in; each fails at once where it cannot be done. */
export type CareRequest =
  | { kind: 'remove'; camera: string; from: number; to: number; limit: number }
  | { kind: 'rename'; from: string; to: string }
  | { kind: 'describe' }
  | { kind: 'pendingIn'; file: string; afterRow: number; limit: number }
  | { kind: 'keep'; file: string; frames: FrameId[] }
  | { kind: 'kept'; afterRow: number; limit: number }
  | { kind: 'release'; frames: FrameId[] }
  | { kind: 'shrink' }
  | { kind: 'rotate' }
  | { kind: 'drop'; file: string }
  | { kind: 'hold'; why: string | null }

export type FramesRequest = JourneyRequest | CareRequest

export function isCare(request: FramesRequest): request is CareRequest {
  return !['put', 'finish', 'pending', 'pendingCounts'].includes(request.kind)
}

/** One frames file, as far as retention has to know it. */
export interface FramesFileState {
  name: string
  /** What it takes on the disk, with its journal. */
  bytes: number
  /** What of that waits for frames, where others were removed. */
  unusedBytes: number
  /** Capture times of its frames; null where it is empty. */
  oldestAt: number | null
  newestAt: number | null
  /** When the first and the last of its frames were stored; null where it is empty, or where the clock was not set. */
  storedFrom: number | null
  storedTo: number | null
  /** `current` takes new frames, `kept` holds what outlives the file it came in. */
  role: 'current' | 'full' | 'kept'
}

/** What went with a frames file. */
export interface DroppedFile {
  frames: number
  bytes: number
}
