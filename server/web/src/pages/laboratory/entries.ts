import type { Entry, FrameQuery, NamedEntry } from '../../api/laboratory-bodies.ts'
import { fullTime } from '../../design/words.ts'
import { inSpan } from './spans.ts'

/** Names of frames never hold `_`. */
const FRAME = /^([a-z0-9-]{1,32})_([a-z0-9-]{1,32})_([0-9]{1,16})$/

export interface Frame {
  /** `device/camera/ms` */
  id: string
  /** `device/camera` */
  camera: string
  /** Milliseconds UTC. */
  at: number
}

/** The frame whose basename it is; null where it is no frame's. */
export function frameOf({ source, basename }: Pick<NamedEntry, 'source' | 'basename'>): Frame | null {
  const [, device, camera, at] = (source === 'archive' && FRAME.exec(basename)) || []
  return device && camera && at
    ? { id: `${device}/${camera}/${at}`, camera: `${device}/${camera}`, at: Number(at) }
    : null
}

/** @param frame `device/camera/ms` */
export function entryOfFrame(frame: string): NamedEntry {
  return { type: 'image', source: 'archive', basename: frame.replaceAll('/', '_') }
}

export const isQuery = (entry: Entry): entry is Extract<Entry, { query: FrameQuery }> => 'query' in entry

/** Tells entries apart. */
export function keyOf(entry: Entry): string {
  return isQuery(entry) ? JSON.stringify(entry.query) : `${entry.source}:${entry.basename}`
}

export function entryInWords(entry: Entry): string {
  if (isQuery(entry)) return queryInWords(entry.query)
  const frame = frameOf(entry)
  return frame ? `${frame.camera}, ${fullTime(frame.at)}` : entry.basename
}

/** `all frames of hall/door, state open, one a minute, from ... to ...` */
export function queryInWords({ camera, state, every, from, to }: FrameQuery): string {
  const words = [`${every === undefined ? 'all' : inSpan(every)} frames of ${camera}`]
  if (state !== undefined) words.push(`state ${state}`)
  if (from !== undefined) words.push(`from ${fullTime(from)}`)
  if (to !== undefined) words.push(`to ${fullTime(to)}`)
  return words.join(', ')
}
