import type { FrameBody, List } from '../../api/bodies.ts'
import { ApiError, get, send } from '../../api/client.ts'
import type { Counts, Said } from './labels.ts'

export interface LabelCounts {
  /** Labelled frames by state. */
  counts: Counts
  /** Without so many of each state there is no training. */
  least: number
  /** So many of each state make a good model of most cameras. */
  good: number
}

/** Which frames are laid out. Times are milliseconds UTC. */
export interface Source {
  order: 'newest' | 'uncertain'
  /** A state, `none` for frames without a label, or null for all. */
  label: string | null
  /** Only the newest frame of each so many milliseconds; 0 takes all. */
  every: number
  from: number | null
  to: number | null
}

/** A page of frames; the most labels that the server takes at once are ten of them. */
export const PAGE = 100
const MOST_LABELS = 1000

export const labelCounts = (camera: string) => get<LabelCounts>('/api/labels', { camera })

export function framesOf(camera: string, source: Source, cursor: string | null): Promise<List<FrameBody>> {
  const { order, label, every, from, to } = source
  return get<List<FrameBody>>('/api/frames', {
    camera,
    order,
    limit: PAGE,
    label: label ?? undefined,
    every: every || undefined,
    from: from ?? undefined,
    to: to ?? undefined,
    cursor: cursor ?? undefined,
  })
}

/** @param ids of a few frames */
export async function framesNamed(ids: string[]): Promise<List<FrameBody>> {
  return { items: await Promise.all(ids.map((id) => get<FrameBody>(`/api/frames/${id}`))), next: null }
}

/** @throws ApiError; what is kept by then was told to `onKept` */
export async function saveLabels(labels: Said, onKept: (part: Said) => void) {
  const said = [...labels].flatMap(([frame, state]) => (state === null ? [] : [{ frame, state }]))
  for (let i = 0; i < said.length; i += MOST_LABELS) {
    const part = said.slice(i, i + MOST_LABELS)
    await send('POST', '/api/labels', { labels: part })
    onKept(new Map(part.map(({ frame, state }) => [frame, state])))
  }
  for (const [frame, state] of labels) {
    if (state !== null) continue
    await removeLabel(frame)
    onKept(new Map([[frame, null]]))
  }
}

/** A label that is gone already was taken away as well. */
async function removeLabel(frame: string) {
  try {
    await send('DELETE', `/api/frames/${frame}/label`)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
  }
}
