import { frameId } from '@ajar/protocol'
import sharp from 'sharp'
import { Type } from 'typebox'
import type { ClassifyAnswer } from '../classify/classify-pool.ts'
import type { Archive } from '../database/frames/archive.ts'
import type { FrameRow, ResultRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Cameras } from '../devices/cameras.ts'
import { AtMost } from '../http/at-most.ts'
import { badRequest, HttpError, notFound } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { Picture, pictureIn } from '../http/picture.ts'
import {
  CameraPath,
  FramePath,
  iso,
  isoOrNull,
  listOf,
  Milliseconds,
  NullableTime,
  nullable,
  Time,
} from '../http/shapes.ts'
import { ResultBody, shownResult } from './results.ts'

const Frame = Type.Object({
  id: Type.String(),
  camera: Type.String(),
  capturedAt: Time,
  receivedAt: Time,
  size: Type.Integer({ description: 'bytes' }),
  sha256: Type.String(),
  outcome: Type.Enum(['pending', 'classified', 'skipped', 'refused']),
  code: nullable(Type.String({ description: 'why it was refused' })),
  label: nullable(Type.String()),
  result: nullable(ResultBody),
})
const Journey = Type.Object({
  frame: Type.String(),
  capturedAt: Time,
  receivedAt: Time,
  storedAt: NullableTime,
  classifiedAt: NullableTime,
  recordedAt: NullableTime,
  outcome: Frame.properties.outcome,
})
/** Pictures that are classified and not kept take the threads from frames that are: a few at once. */
const MOST_CLASSIFYING = 8
const CLASSIFY_LIMIT_MS = 10_000

export interface FrameRoutesPorts {
  database: StateDatabase
  archive: Archive
  cameras: Cameras
  /** Classifies a picture that is not kept; null where the camera has no model. */
  classify(camera: string, jpeg: Uint8Array): Promise<ClassifyAnswer | null>
}

export function frameRoutes(http: Http, ports: FrameRoutesPorts) {
  const { database, archive, cameras } = ports
  const classifying = new AtMost(MOST_CLASSIFYING, CLASSIFY_LIMIT_MS)

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
      const camera = cameras.get(`${params.device}/${params.camera}`)
      const picture = pictureIn(body)
      const answer = await classifying.run(() => ports.classify(camera.id, picture))
      if (answer?.kind === 'refused') throw badRequest(answer.code, answer.reason)
      if (answer === null) throw new HttpError(409, 'no_model', 'train a model of this camera first')
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
        summary: 'Frames that have ended, the newest or the most uncertain first',
        querystring: Type.Object({
          camera: Type.String({ description: 'device/camera' }),
          state: Type.Optional(Type.String()),
          label: Type.Optional(Type.String({ description: 'a state, or `none` for unlabelled frames' })),
          from: Type.Optional(Milliseconds),
          to: Type.Optional(Milliseconds),
          order: Type.Enum(['newest', 'uncertain'], { default: 'newest' }),
          limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
          cursor: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before (newest only)' })),
        }),
        response: { 200: listOf(Frame) },
      },
    },
    async ({ query }) => {
      const { id } = cameras.get(query.camera)
      let select = joined(database).where('f.camera', '=', id)
      if (query.state) select = select.where('r.state', '=', query.state)
      if (query.label === 'none') select = select.where('l.state', 'is', null)
      else if (query.label) select = select.where('l.state', '=', query.label)
      if (query.from !== undefined) select = select.where('f.captured_at', '>=', query.from)
      if (query.to !== undefined) select = select.where('f.captured_at', '<', query.to)
      if (query.order === 'uncertain') {
        const rows = await select
          .where('r.confidence', 'is not', null)
          .orderBy('r.confidence')
          .limit(query.limit)
          .execute()
        return { items: rows.map(shownFrame), next: null }
      }
      if (query.cursor !== undefined) select = select.where('f.captured_at', '<=', query.cursor)
      const rows = await select
        .orderBy('f.captured_at', 'desc')
        .limit(query.limit + 1)
        .execute()
      const next = rows[query.limit]?.captured_at
      return { items: rows.slice(0, query.limit).map(shownFrame), next: next === undefined ? null : String(next) }
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
      const camera = `${params.device}/${params.camera}`
      const row = await joined(database)
        .where('f.camera', '=', camera)
        .where('f.captured_at', '=', params.capturedAtMs)
        .executeTakeFirst()
      if (row) return shownFrame(row)
      const frame = await archive.find(camera, params.capturedAtMs)
      if (!frame) throw notFound(`the frame ${id}`)
      return {
        id,
        camera,
        capturedAt: iso(frame.capturedAt),
        receivedAt: iso(frame.receivedAt),
        size: frame.size,
        sha256: Buffer.from(frame.sha256).toString('hex'),
        outcome: 'pending' as const,
        code: null,
        label: null,
        result: null,
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
    async ({ params, query }, reply) => {
      const jpeg = await archive.jpeg(`${params.device}/${params.camera}`, params.capturedAtMs)
      if (!jpeg) throw notFound(`the picture of ${frameId(params)}`)
      const { width } = query
      const picture = width ? await narrowed(jpeg, width) : Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength)
      // A frame never changes.
      return reply.header('cache-control', 'private, max-age=86400, immutable').type('image/jpeg').send(picture)
    },
  )

  http.get(
    '/api/frames/:device/:camera/:capturedAtMs/journey',
    {
      config: { access: 'viewer' },
      schema: { summary: 'When each step of a frame happened', params: FramePath, response: { 200: Journey } },
    },
    async ({ params }) => {
      const camera = `${params.device}/${params.camera}`
      const row = await database.read
        .selectFrom('frames')
        .selectAll()
        .where('camera', '=', camera)
        .where('captured_at', '=', params.capturedAtMs)
        .executeTakeFirst()
      const frame = row ? null : await archive.find(camera, params.capturedAtMs)
      if (!row && !frame) throw notFound(`the frame ${frameId(params)}`)
      return {
        frame: frameId(params),
        capturedAt: iso(params.capturedAtMs),
        receivedAt: iso(row?.received_at ?? frame?.receivedAt ?? 0),
        storedAt: isoOrNull(row?.stored_at ?? frame?.storedAt ?? null),
        classifiedAt: isoOrNull(row?.classified_at ?? null),
        recordedAt: isoOrNull(row?.recorded_at ?? null),
        outcome: row?.outcome ?? ('pending' as const),
      }
    },
  )
}

/** A frame with its result and its label. */
function joined(database: StateDatabase) {
  return database.read
    .selectFrom('frames as f')
    .leftJoin('results as r', (join) =>
      join.onRef('r.camera', '=', 'f.camera').onRef('r.captured_at', '=', 'f.captured_at'),
    )
    .leftJoin('labels as l', (join) =>
      join.onRef('l.camera', '=', 'f.camera').onRef('l.captured_at', '=', 'f.captured_at'),
    )
    .select(['f.camera', 'f.captured_at', 'f.received_at', 'f.size', 'f.sha256', 'f.outcome', 'f.code', 'f.late'])
    .select(['r.state', 'r.best', 'r.confidence', 'r.probabilities_json', 'r.reason', 'r.model', 'r.latency_ms'])
    .select('l.state as label')
}

type JoinedRow = Pick<
  FrameRow,
  'camera' | 'captured_at' | 'received_at' | 'size' | 'sha256' | 'outcome' | 'code' | 'late'
> & {
  [K in 'state' | 'best' | 'confidence' | 'probabilities_json' | 'reason' | 'model' | 'latency_ms']: ResultRow[K] | null
} & { label: string | null }

function shownFrame(row: JoinedRow) {
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
  }
}

/** @throws HttpError 422 where the stored picture does not decode */
async function narrowed(jpeg: Uint8Array, width: number): Promise<Buffer> {
  try {
    return await sharp(jpeg).resize({ width, withoutEnlargement: true }).jpeg({ quality: 80 }).toBuffer()
  } catch (error) {
    const why = (error as Error).message
    throw new HttpError(422, 'not_decodable', `this picture cannot be made smaller (${why}): ask for it as it is`)
  }
}
