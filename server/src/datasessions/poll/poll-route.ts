import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Access } from '../../http/access.ts'
import { AtMost } from '../../http/at-most.ts'
import type { Http } from '../../http/http.ts'
import type { Pictures } from '../shown/pictures.ts'
import type { NewPictures } from './new-pictures.ts'

export interface PollPorts {
  newPictures: NewPictures
  pictures: Pick<Pictures, 'originalUrl'>
  baseOf(request: FastifyRequest): string
  /** Who may ask: an older client's path may need no token. */
  access: Access
}

const MOST_WAITING = 64
const LONGEST_WAIT_S = 60
const GRACE_MS = 10_000

/** Whether a picture came in: a viewer asks again and again, and shows the newest. */
export function pollRoute(http: Http, { newPictures, pictures, baseOf, access }: PollPorts) {
  const waiting = new AtMost(MOST_WAITING, LONGEST_WAIT_S * 1000 + GRACE_MS)
  http.get(
    '/vis/checkImage',
    {
      config: { access },
      schema: {
        summary: 'The newest frame or FITS file that came in after a time',
        description:
          'Frames count when they are classified, FITS files when they are found whole. `uri` is read for an hour, ' +
          'without a token. 204: there is none. At most 64 wait at once.',
        querystring: Type.Object(
          {
            since: Type.Number({
              ...{ minimum: 0, default: 0 },
              description: 'milliseconds UTC, as the last answer had it in `timestamp`; 0: whatever is the newest',
            }),
            wait: Type.Number({
              ...{ minimum: 0, maximum: LONGEST_WAIT_S, default: 0 },
              description: 'seconds for which the answer waits for a picture',
            }),
          },
          { additionalProperties: true },
        ),
        response: {
          200: Type.Object({
            uri: Type.String(),
            name: Type.String({ description: 'basename, as the archive has it' }),
            timestamp: Type.Number({ description: 'milliseconds UTC, for the next `since`' }),
          }),
          204: Type.Null(),
        },
      },
    },
    async (request, reply) => {
      const { since, wait } = request.query
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      const newest = await waiting.run(() => newPictures.after(since, wait * 1000, gone.signal))
      if (!newest) return reply.status(204).send(null)
      const { basename, timestamp } = newest
      const addressed = { file: { source: 'archive' as const, basename }, fingerprint: '' }
      return reply.header('cache-control', 'no-store').send({
        ...{ uri: pictures.originalUrl(addressed, baseOf(request)), name: basename, timestamp },
      })
    },
  )
}
