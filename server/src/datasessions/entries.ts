import { type Static, Type } from 'typebox'
import { Milliseconds } from '../http/shapes.ts'

/** Frames of a camera, as they are when the operation begins. */
export const Query = Type.Object({
  camera: Type.String({ description: 'device/camera' }),
  from: Type.Optional(Milliseconds),
  to: Type.Optional(Milliseconds),
  state: Type.Optional(Type.String({ description: 'only frames whose result was this state' })),
  every: Type.Optional(Type.Integer({ minimum: 1000, description: 'only the newest of each so many milliseconds' })),
})
export type Query = Static<typeof Query>

/**
 * One entry of `input_data` or of an operation's files. `source` is `archive` (frames and FITS files of the archive) or
 * `datalab` (uploads and what operations made). A frame's basename is `device_camera_capturedAtMs`; its id is taken too.
 * What else a client says with it is kept and given back.
 */
export interface NamedEntry {
  type?: string
  source: string
  basename: string
  [more: string]: unknown
}

export interface QueryEntry {
  type?: string
  source: 'archive'
  query: Query
  [more: string]: unknown
}

export type Entry = NamedEntry | QueryEntry

/** So many frames a query may stand for. */
export const MOST_FRAMES = 5000
/** Of one list: each costs a look at up to `MOST_FRAMES` frames. */
export const MOST_QUERIES = 20
/** Of a data session. */
export const MOST_ENTRIES = 10_000
