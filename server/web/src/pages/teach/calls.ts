import type { FrameBody, List } from '../../api/bodies.ts'
import { ApiError, get, send } from '../../api/client.ts'
import type { ModelBody, SuspectBody } from '../../api/model-bodies.ts'
import { wrongOf } from '../../models/confusion.ts'
import type { Review } from '../../router/review.ts'
import type { Counts, Said } from './labels.ts'
import type { Source } from './source.ts'
import { untilReached } from './until-reached.ts'

export interface LabelCounts {
  /** Labelled frames by state. */
  counts: Counts
  /** Labelled frames of other cameras that it learns from too, by state. */
  borrowed?: Counts
  /** Without so many of each state there is no training. */
  least: number
  /** So many of each state make a good model of most cameras. */
  good: number
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

/** @param ids of frames, of which at most a page is asked for; one that is gone is left out */
export async function framesNamed(ids: string[]): Promise<FrameBody[]> {
  const found = await Promise.all(
    ids.slice(0, PAGE).map((id) =>
      get<FrameBody>(`/api/frames/${id}`).catch((error) => {
        if (error instanceof ApiError && error.status === 404) return null
        throw error
      }),
    ),
  )
  return found.filter((frame) => frame !== null)
}

export const suspectsOf = (camera: string) => get<List<SuspectBody>>('/api/labels/suspects', { camera })

/** Frames on which label and model do not agree. @throws ApiError where the model is not there any more */
export async function doubtfulFrames(camera: string, review: Review): Promise<string[]> {
  if (review.of === 'suspects') return (await suspectsOf(camera)).items.map(({ frame }) => frame)
  const { evaluation } = await get<ModelBody>(`/api/models/${review.model}`)
  return evaluation ? wrongOf(evaluation, review).map(({ frame }) => frame) : []
}

/**
 * Keeps labels, also over a while in which the server is away: what one says is shown, and not said twice.
 * @param saidAt milliseconds UTC
 * @throws ApiError; what is kept by then was told to `onKept`
 */
export async function saveLabels(labels: Said, onKept: (part: Said) => void, saidAt: number) {
  const said = [...labels].map(([frame, state]) => ({ frame, state }))
  for (let i = 0; i < said.length; i += MOST_LABELS) {
    const part = said.slice(i, i + MOST_LABELS)
    await untilReached(() => send('POST', '/api/labels', { labels: part }), saidAt)
    onKept(new Map(part.map(({ frame, state }) => [frame, state])))
  }
}
