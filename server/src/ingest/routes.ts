import { Type } from 'typebox'
import { withDeadline } from '../deadline.ts'
import { badRequest, HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { Picture, pictureIn } from '../http/picture.ts'
import { CameraPath } from '../http/shapes.ts'
import type { IncomingFrame, Ingested } from './ingest.ts'

const Accepted = Type.Object({
  frame: Type.String(),
  duplicate: Type.Boolean({ description: 'the same frame was stored before' }),
})
/** What a disk that refuses has not taken by then is not stored: the caller may send it again, and it is there once. */
const STORE_WAIT_MS = 10_000
/** A disk that neither takes nor refuses: the caller is not kept waiting for longer. */
const ANSWER_WAIT_MS = 15_000
/** Frames between their arrival and their answer. */
const MOST_BYTES_IN_INGEST = 64 * 1024 * 1024

export interface IngestRoutesPorts {
  /** Whether no device can have this name. */
  isReserved(device: string): boolean
  /** Whether the disk refuses frames right now. */
  held(): boolean
  ingest(frame: IncomingFrame): Promise<Ingested>
}

/** Frames by HTTP go through the same function as frames by MQTT. */
export function ingestRoutes(http: Http, { isReserved, held, ingest }: IngestRoutesPorts) {
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
      const ingested = await withDeadline(taken, ANSWER_WAIT_MS, storageSlow)
      if (ingested.kind === 'given_up') throw held() ? storageHeld() : cameraShut()
      if (ingested.kind === 'refused') {
        const { code, reason } = ingested.refusal
        const clashes = code === 'id_collision' || code === 'being_deleted'
        throw new HttpError(clashes ? 409 : code === 'too_large' ? 413 : 400, code, reason)
      }
      const { camera, capturedAt } = ingested.frame
      const duplicate = ingested.kind === 'duplicate'
      return reply.status(duplicate ? 200 : 201).send({ frame: `${camera}/${capturedAt}`, duplicate })
    },
  )
}

function storageHeld(): HttpError {
  const message = 'the disk takes no frames now and this one was not stored: send it again later'
  return new HttpError(503, 'storage_held', message)
}

function cameraShut(): HttpError {
  const message = 'this camera is being renamed, deleted or purged; this frame was not stored: send it again later'
  return new HttpError(503, 'busy', message)
}

function storageSlow(): HttpError {
  const message =
    'the disk does not answer; the frame may have been stored or not: look for it, or send it again with its capturedAt'
  return new HttpError(503, 'storage_slow', message)
}
