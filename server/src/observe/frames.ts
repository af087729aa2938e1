import { Type } from 'typebox'
import type { Archive } from '../database/frames/archive.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import type { Http } from '../http/http.ts'
import { CAMERA } from '../http/nouns.ts'
import { FramePath, listOf } from '../http/shapes.ts'
import { listed, listQuery, ORDERS } from './listed-frames.ts'
import { NarrowedPictures } from './narrowed-pictures.ts'
import { Frame, ListedFrame, noPicture, oneFrame, shownFrames } from './shown-frames.ts'

export interface FrameRoutesPorts {
  database: StateDatabase
  archive: Archive
  sources: Sources
  /** Milliseconds UTC: of frames stored before, only those that are kept have their picture. */
  storedSince(): number
}

export function frameRoutes(http: Http, ports: FrameRoutesPorts) {
  const { database, archive, sources, storedSince } = ports
  const narrowed = new NarrowedPictures()

  http.get(
    '/api/frames',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Frames that have ended, the newest first, or the most uncertain or useful of the 50,000 newest',
        description: ORDERS,
        querystring: Type.Object({ camera: Type.String({ description: 'device/camera' }), ...listQuery }),
        response: { 200: listOf(ListedFrame) },
      },
    },
    async ({ query }) => {
      const asked = { ...query, camera: sources.get(query.camera).id }
      const { rows, next } = await listed(database, asked, storedSince())
      return { items: await shownFrames(archive, rows), next: next === null ? null : String(next) }
    },
  )

  http.get(
    '/api/frames/:device/:camera/:capturedAtMs',
    {
      config: { access: 'viewer' },
      schema: { summary: 'One frame', params: FramePath, response: { 200: Frame } },
    },
    async ({ params }) => {
      const { id } = sources.at(CAMERA, params)
      return oneFrame(ports, { camera: id, capturedAt: params.capturedAtMs })
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
      const { id: camera } = sources.at(CAMERA, params)
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
