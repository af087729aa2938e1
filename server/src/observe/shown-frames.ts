import { Type } from 'typebox'
import { type JoinedRow, joined } from '../database/chosen-frames.ts'
import type { Archive } from '../database/frames/archive.ts'
import type { FrameId } from '../database/frames/frames-file.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { HttpError, notFound } from '../http/errors.ts'
import { iso, nullable, Time } from '../http/shapes.ts'
import { ResultBody, shownResult } from './results.ts'
import type { Why } from './usefulness.ts'

/** Frames, and readings of sensors that are set up, as every route that answers with them shows them. */
export const Frame = Type.Object({
  id: Type.String(),
  camera: Type.String(),
  capturedAt: Time,
  receivedAt: Time,
  size: Type.Integer({ description: 'bytes' }),
  sha256: Type.String({ description: 'of the bytes as they were sent' }),
  outcome: Type.Union([Type.Enum(['pending', 'classified', 'skipped', 'refused']), Type.Null()], {
    description: 'null where it is not kept any more what became of it (AJAR_RETAIN_RESULTS_DAYS)',
  }),
  code: nullable(
    Type.String({ description: 'why it was refused; `imported`: it came with its label, and nothing judged it' }),
  ),
  label: nullable(Type.String()),
  result: nullable(ResultBody),
  pruned: Type.Boolean({ description: 'its picture is not kept any more' }),
})
export const ListedFrame = Type.Object({
  ...Frame.properties,
  why: Type.Union([Type.Enum(['uncertain', 'unlike_labelled', 'other_hour', 'newest']), Type.Null()], {
    description: 'order=useful: what weighed most, `newest` where nothing did; else null',
  }),
})

export async function shownFrames(archive: Archive, rows: (JoinedRow & { why?: Why })[]) {
  const there = await archive.has(rows.map(({ camera, captured_at }) => ({ camera, capturedAt: captured_at })))
  return rows.map((row, i) => ({ ...shownFrame(row, there[i] ?? false), why: row.why ?? null }))
}

/** One that is stored and has not ended yet has no row. @throws HttpError 404 */
export async function oneFrame(
  { database, archive }: { database: StateDatabase; archive: Archive },
  { camera, capturedAt }: FrameId,
) {
  const isPending = await archive.isPending(camera, capturedAt)
  const row = await joined(database)
    .where('f.camera', '=', camera)
    .where('f.captured_at', '=', capturedAt)
    .executeTakeFirst()
  const [shown] = await shownFrames(archive, row ? [row] : [])
  if (shown) return shown
  const frame = await archive.find(camera, capturedAt)
  if (!frame) throw notFound(`the frame ${camera}/${capturedAt}`)
  return {
    id: `${camera}/${capturedAt}`,
    camera,
    capturedAt: iso(frame.capturedAt),
    receivedAt: iso(frame.receivedAt),
    size: frame.size,
    sha256: Buffer.from(frame.sha256).toString('hex'),
    outcome: isPending ? ('pending' as const) : null,
    code: null,
    label: null,
    result: null,
    pruned: false,
  }
}

/** @param isThere whether its picture is stored; one refused at the door never was */
function shownFrame(row: JoinedRow, isThere: boolean) {
  const { camera, captured_at, state, model, latency_ms } = row
  return {
    id: `${camera}/${captured_at}`,
    camera,
    capturedAt: iso(captured_at),
    receivedAt: iso(row.received_at),
    size: row.size,
    sha256: Buffer.from(row.sha256).toString('hex'),
    outcome: row.outcome,
    code: row.code,
    label: row.label,
    result:
      state === null || model === null || latency_ms === null
        ? null
        : shownResult({ ...row, state, model, latency_ms }),
    pruned: row.stored_at !== null && !isThere,
  }
}

/** Why there is no picture of that frame. */
export async function noPicture({ read }: StateDatabase, camera: string, capturedAt: number): Promise<HttpError> {
  const id = `${camera}/${capturedAt}`
  const row = await read
    .selectFrom('frames')
    .select('stored_at')
    .where('camera', '=', camera)
    .where('captured_at', '=', capturedAt)
    .executeTakeFirst()
  if (row?.stored_at == null) return notFound(`the picture of ${id}`)
  const why =
    'too old, or there was no more room for it; frames that are labelled stay (AJAR_RETAIN_DAYS, AJAR_RETAIN_BYTES)'
  return new HttpError(404, 'pruned', `the picture of ${id} is not kept any more: it was ${why}`)
}
