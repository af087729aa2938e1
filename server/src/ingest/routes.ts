import { Type } from 'typebox'
import type { FrameId } from '../database/frames/frame-store.ts'
import { withDeadline } from '../deadline.ts'
import { badRequest, HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { SensorPath } from '../http/nouns.ts'
import { Picture, pictureIn } from '../http/picture.ts'
import { CameraPath } from '../http/shapes.ts'
import type { IncomingFrame } from './ingest.ts'
import type { Ingested } from './medium.ts'
import type { IncomingReading } from './reading.ts'

const Accepted = Type.Object({
  frame: Type.String(),
  duplicate: Type.Boolean({ description: 'the same frame was stored before' }),
})
const AcceptedReading = Type.Object({
  reading: Type.String({ description: '`device/sensor/ms`' }),
  duplicate: Type.Boolean({ description: 'the same value was stored before' }),
})
/** What a disk that refuses has not taken by then is not stored: the caller may send it again, and it is there once. */
const STORE_WAIT_MS = 10_000
/** A disk that neither takes nor refuses: the caller is not kept waiting for longer. */
const ANSWER_WAIT_MS = 15_000
/** Frames between their arrival and their answer. */
const MOST_BYTES_IN_INGEST = 64 * 1024 * 1024
const MOST_READINGS_IN_INGEST = 1000

export interface IngestRoutesPorts {
  /** Whether no device can have this name. */
  isReserved(device: string): boolean
  /** Whether the disk refuses frames right now. */
  held(): boolean
  ingest(frame: IncomingFrame): Promise<Ingested>
  take(reading: IncomingReading): Promise<Ingested<FrameId>>
}

/** Frames and readings by HTTP go through the same functions as those by MQTT. */
export function ingestRoutes(http: Http, { isReserved, held, ingest, take }: IngestRoutesPorts) {
  let bytesInIngest = 0

  http.post(
    '/api/cameras/:device/:camera/frames',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Take a JPEG in, with the same guarantees as by MQTT; without a time the server mints one',
        description: 'What is answered with 503 storage_held or busy was not stored: send it again later.',
        consumes: ['image/jpeg'],
        body: Picture,
        params: CameraPath,
        querystring: Type.Object({ capturedAt: Type.Optional(Type.String({ maxLength: 32, description: 'ms UTC' })) }),
        response: { 200: Accepted, 201: Accepted },
      },
    },
    async ({ params, query, body }, reply) => {
      const picture = pictureIn(body)
      if (isReserved(params.device))
        throw badRequest('reserved', `${params.device} is an MQTT user name of people`, 'device')
      if (held()) throw storageHeld()
      const size = picture.byteLength
      if (bytesInIngest + size > MOST_BYTES_IN_INGEST)
        throw new HttpError(
          503,
          'busy',
          'too many frames come in at once; this one was not stored: send it again later',
        )
      bytesInIngest += size
      // A copy of its own, for ingest gives its memory away.
      const frame = { ...params, time: query.capturedAt ?? null, dup: false, jpeg: new Uint8Array(picture) }
      const taken = ingest({ ...frame, giveUpAt: Date.now() + STORE_WAIT_MS }).finally(() => {
        bytesInIngest -= size
      })
      const { id, duplicate } = answerOf(await withDeadline(taken, ANSWER_WAIT_MS, storageSlow), held)
      return reply.status(duplicate ? 200 : 201).send({ frame: id, duplicate })
    },
  )

  let readingsInIngest = 0
  http.post(
    '/api/sensors/:device/:sensor/readings',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Take a reading in, with the same guarantees as by MQTT; without a time the server mints one',
        description: 'What is answered with 503 storage_held or busy was not stored: send it again later.',
        body: Type.Object(
          { value: Type.Unknown({ description: 'a number, a text, or a list of numbers' }) },
          { additionalProperties: false },
        ),
        params: SensorPath,
        querystring: Type.Object({ at: Type.Optional(Type.String({ maxLength: 32, description: 'ms UTC' })) }),
        response: { 200: AcceptedReading, 201: AcceptedReading },
      },
    },
    async ({ params, query, body }, reply) => {
      if (isReserved(params.device))
        throw badRequest('reserved', `${params.device} is a name that no device has`, 'device')
      if (readingsInIngest === MOST_READINGS_IN_INGEST)
        throw new HttpError(503, 'busy', 'too many readings come in at once; this one was not stored: send it later')
      readingsInIngest += 1
      const reading = { ...params, time: query.at ?? null, payload: { value: body.value } }
      const taken = take({ ...reading, giveUpAt: Date.now() + STORE_WAIT_MS }).finally(() => {
        readingsInIngest -= 1
      })
      const { id, duplicate } = answerOf(await withDeadline(taken, ANSWER_WAIT_MS, storageSlow), held)
      return reply.status(duplicate ? 200 : 201).send({ reading: id, duplicate })
    },
  )
}

/** @throws HttpError where it was not stored */
function answerOf(ingested: Ingested<FrameId>, held: () => boolean): { id: string; duplicate: boolean } {
  if (ingested.kind === 'given_up') throw held() ? storageHeld() : cameraShut()
  if (ingested.kind === 'refused') {
    const { code, reason } = ingested.refusal
    const clashes = code === 'id_collision' || code === 'being_deleted' || code === 'too_many_sensors'
    throw new HttpError(clashes ? 409 : code === 'too_large' ? 413 : 400, code, reason)
  }
  const { camera, capturedAt } = ingested.frame
  return { id: `${camera}/${capturedAt}`, duplicate: ingested.kind === 'duplicate' }
}

function storageHeld(): HttpError {
  const message = 'the disk takes nothing now and this was not stored: send it again later'
  return new HttpError(503, 'storage_held', message)
}

function cameraShut(): HttpError {
  const message = 'this source is being renamed, deleted or purged; this was not stored: send it again later'
  return new HttpError(503, 'busy', message)
}

function storageSlow(): HttpError {
  const message =
    'the disk does not answer; this may have been stored or not: look for it, or send it again with its time'
  return new HttpError(503, 'storage_slow', message)
}
