import { frameId } from '@ajar/protocol'
import { Type } from 'typebox'
import type { ClassifyAnswer } from '../classify/classify-pool.ts'
import { type JoinedRow, joined, mostUncertainOf, newestOf } from '../database/chosen-frames.ts'
import type { Archive } from '../database/frames/archive.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import { AtMost } from '../http/at-most.ts'
import { badRequest, HttpError, notFound } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { CAMERA } from '../http/nouns.ts'
import { Picture, pictureIn } from '../http/picture.ts'
import { CameraPath, FramePath, iso, listOf, Milliseconds, nullable, Time } from '../http/shapes.ts'
import { NarrowedPictures } from './narrowed-pictures.ts'
import { ResultBody, shownResult } from './results.ts'
import { mostUsefulOf } from './useful-frames.ts'
import type { Why } from './usefulness.ts'

const Frame = Type.Object({
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
const ListedFrame = Type.Object({
  ...Frame.properties,
  why: Type.Union([Type.Enum(['uncertain', 'unlike_labelled', 'other_hour', 'newest']), Type.Null()], {
    description: 'order=useful: what weighed most, `newest` where nothing did; else null',
  }),
})
/** Pictures that are classified and not kept take the threads from frames that are: a few at once. */
const MOST_CLASSIFYING = 8
const CLASSIFY_LIMIT_MS = 10_000

export interface FrameRoutesPorts {
  database: StateDatabase
  archive: Archive
  sources: Sources
  /** Milliseconds UTC: of frames stored before, only those that are kept have their picture. */
  storedSince(): number
  /** Classifies a picture that is not kept; null where the camera has no model. */
  classify(camera: string, jpeg: Uint8Array): Promise<ClassifyAnswer | null>
}

export function frameRoutes(http: Http, ports: FrameRoutesPorts) {
  const { database, archive, sources, storedSince } = ports
  const classifying = new AtMost(MOST_CLASSIFYING, CLASSIFY_LIMIT_MS)
  const narrowed = new NarrowedPictures()

  http.post(
    '/api/cameras/:device/:camera/classify',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Classify a JPEG with the active model; it is not stored',
        consumes: ['image/jpeg'],
        body: Picture,
        params: CameraPath,
        response: {
          200: Type.Object({
            state: Type.String(),
            confidence: Type.Number(),
            probabilities: Type.Record(Type.String(), Type.Number()),
            reason: nullable(Type.String()),
            model: Type.String(),
            latencyMs: Type.Number(),
          }),
        },
      },
    },
    async ({ params, body }) => {
      const camera = sources.at(CAMERA, params)
      const picture = pictureIn(body)
      const answer = await classifying.run(() => ports.classify(camera.id, picture))
      if (answer?.kind === 'refused') throw badRequest(answer.code, answer.reason)
      if (answer === null) throw new HttpError(409, 'no_model', 'train a model of this camera first')
      if (answer.kind === 'damaged') throw new HttpError(409, 'model_damaged', answer.message)
      if (answer.kind !== 'predicted') throw new HttpError(500, 'internal', 'the picture was not classified: our fault')
      const { state, confidence, probabilities, unlike } = answer.prediction
      const reason = unlike ?? (confidence < camera.threshold ? 'low_confidence' : null)
      const { latencyMs } = answer
      const model = camera.activeModel ?? ''
      return { state: reason ? 'unknown' : state, confidence, probabilities, reason, model, latencyMs }
    },
  )

  http.get(
    '/api/frames',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Frames that have ended, the newest first, or the most uncertain or useful of the 50,000 newest',
        description:
          'order=useful: those without a label that teach most, at most 100: that the model is unsure of, that are unlike ' +
          'what is labelled and typical of what is not, of other hours of the day, and no neighbours in time of one another.',
        querystring: Type.Object({
          camera: Type.String({ description: 'device/camera' }),
          state: Type.Optional(Type.String()),
          label: Type.Optional(Type.String({ description: 'a state, or `none` for unlabelled frames' })),
          from: Type.Optional(Milliseconds),
          to: Type.Optional(Milliseconds),
          every: Type.Optional(
            Type.Integer({
              minimum: 1000,
              description: 'of those asked for only the newest of each so many milliseconds',
            }),
          ),
          order: Type.Enum(['newest', 'uncertain', 'useful'], { default: 'newest' }),
          limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
          cursor: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before (newest only)' })),
        }),
        response: { 200: listOf(ListedFrame) },
      },
    },
    async ({ query }) => {
      const { order, limit, cursor, ...choice } = { ...query, camera: sources.get(query.camera).id }
      if (order === 'useful') {
        if ((choice.label ?? 'none') !== 'none' || choice.every !== undefined)
          throw badRequest('bad_request', 'order=useful is of frames without a label, and thins them itself', 'order')
        const rows = await mostUsefulOf(database, choice, { storedSince: storedSince(), limit })
        return { items: await shownFrames(archive, rows), next: null }
      }
      if (order === 'uncertain') {
        const rows = await mostUncertainOf(database, choice, { storedSince: storedSince(), limit })
        return { items: await shownFrames(archive, rows), next: null }
      }
      if (cursor !== undefined) choice.to = Math.min(cursor + 1, choice.to ?? cursor + 1)
      const rows = await newestOf(database, choice, limit + 1)
      const next = rows[limit]?.captured_at
      const items = await shownFrames(archive, rows.slice(0, limit))
      return { items, next: next === undefined ? null : String(next) }
    },
  )

  http.get(
    '/api/frames/:device/:camera/:capturedAtMs',
    {
      config: { access: 'viewer' },
      schema: { summary: 'One frame', params: FramePath, response: { 200: Frame } },
    },
    async ({ params }) => {
      const id = frameId(params)
      const { id: camera } = sources.get(`${params.device}/${params.camera}`)
      const isPending = await archive.isPending(camera, params.capturedAtMs)
      const row = await joined(database)
        .where('f.camera', '=', camera)
        .where('f.captured_at', '=', params.capturedAtMs)
        .executeTakeFirst()
      const [shown] = await shownFrames(archive, row ? [row] : [])
      if (shown) return shown
      const frame = await archive.find(camera, params.capturedAtMs)
      if (!frame) throw notFound(`the frame ${id}`)
      return {
        id,
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
    },
  )

  http.get(
    '/api/frames/:device/:camera/:capturedAtMs/image',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'The JPEG of a frame, or a smaller one',
        params: FramePath,
        querystring: Type.Object({ width: Type.Optional(Type.Integer({ minimum: 16, maximum: 4096 })) }),
      },
    },
    async (request, reply) => {
      const { params, query } = request
      const { id: camera } = sources.get(`${params.device}/${params.camera}`)
      const frame = await archive.find(camera, params.capturedAtMs)
      if (!frame) throw await noPicture(database, camera, params.capturedAtMs)
      const { width } = query
      // Not its digest: that is of the bytes that were sent, and masks differ between cameras and times.
      const place = `${frame.file}-${frame.row}-${frame.storedAt}`
      const tag = `"${place}${width === undefined ? '' : `-${width}`}"`
      // A frame never changes, but it may be purged so that nobody sees it again: the browser asks each time.
      const kept = { 'cache-control': 'private, no-cache', etag: tag }
      if (request.headers['if-none-match'] === tag) return reply.headers(kept).status(304).send()
      const load = async () => {
        const jpeg = await archive.jpeg(camera, params.capturedAtMs)
        if (!jpeg) throw await noPicture(database, camera, params.capturedAtMs) // it went in this moment
        return jpeg
      }
      const picture = width === undefined ? await load() : await narrowed.get(place, width, load)
      const { buffer, byteOffset, byteLength } = picture
      return reply
        .headers(kept)
        .type('image/jpeg')
        .send(Buffer.from(buffer, byteOffset, byteLength))
    },
  )
}

async function shownFrames(archive: Archive, rows: (JoinedRow & { why?: Why })[]) {
  const there = await archive.has(rows.map(({ camera, captured_at }) => ({ camera, capturedAt: captured_at })))
  return rows.map((row, i) => ({ ...shownFrame(row, there[i] ?? false), why: row.why ?? null }))
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
async function noPicture({ read }: StateDatabase, camera: string, capturedAt: number): Promise<HttpError> {
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
