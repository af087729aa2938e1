import type { CameraRef, RejectCode } from '@ajar/protocol'
import type { FrameId, NewFrame, StoredFrame } from '../database/frames/frame-store.ts'
import type { Flaw } from './reading.ts'

/** A frame or reading that cannot be used: acknowledged, counted, reported. */
export interface Refusal {
  device: string
  /** Its id, as far as there is one. */
  frame: string
  /** Where the refusal can be recorded: under this id, or, where its time is only `minted`, the next free one. */
  key: { camera: string; capturedAt: number; receivedAt: number; size: number; minted: boolean } | null
  code: RejectCode
  reason: string
}

/** What became of it; `Kept` is what there is of it then, its id at least. */
export type Ingested<Kept extends FrameId = StoredFrame> =
  | { kind: 'stored' | 'duplicate'; frame: Kept }
  | { kind: 'refused'; refusal: Refusal }
  /** Not stored, and not acknowledged: its turn did not come, or the disk did not take it, before `giveUpAt`. */
  | { kind: 'given_up' }

/** Of when it is, and when it came; milliseconds UTC. */
export type Place = Pick<NewFrame, 'camera' | 'capturedAt' | 'receivedAt' | 'dup'>

/** What became of it when it was to be kept. */
export type Kept<Known extends FrameId> =
  | Exclude<Ingested<Known>, { kind: 'refused' }>
  /** @property hasId whether its id is its own, so that the refusal can stand under it */
  | { kind: 'refused'; flaw: Flaw; hasId: boolean }

/** One frame or reading on its way in: how it is judged, where it is kept, and what follows. */
export interface Medium<Known extends FrameId = FrameId> {
  kind: 'frame' | 'vector' | 'value'
  /** Bytes that came. */
  size: number
  /** Whether each of them has a row that says how it ended, also one that is refused. */
  hasRows: boolean
  /** What is wrong with it by itself; looks for microseconds only. */
  judge(): Flaw | null
  /** Makes sure that there is a source which takes it. */
  admit(ref: CameraRef): Promise<Flaw | null>
  /** Durable when it resolves; waits while the disk refuses, until `giveUpAt` (milliseconds UTC). */
  keep(place: Place, giveUpAt: number | null): Promise<Kept<Known>>
}
