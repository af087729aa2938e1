import { Type } from 'typebox'
import type { Events } from '../database/events.ts'
import type { EventRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Http } from '../http/http.ts'

/** Events are kept this long for those who come back. */
export const EVENTS_KEPT_MS = 3_600_000
const PAGE = 500
const HEARTBEAT_MS = 15_000
/** A reader that leaves this much unread is cut off; it resumes where it was. */
const MAX_UNREAD_BYTES = 1024 * 1024
const MAX_STREAMS = 200

/**
 * GET /api/events: server-sent events (WHATWG HTML, 9.2). `id` is a rising row id; Last-Event-ID resumes after it, or
 * is answered with `reset` where that is more than an hour ago.
 * @param stillValid whether the token that opened a stream still works
 */
export function eventsRoute(
  http: Http,
  { database, events, stillValid }: { database: StateDatabase; events: Events; stillValid(tokenId: string): boolean },
) {
  let open = 0
  http.get(
    '/api/events',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Server-sent events: result, transition, device, job',
        querystring: Type.Object({
          kinds: Type.Optional(Type.String({ description: 'only these, separated by commas' })),
          lastEventId: Type.Optional(Type.Integer({ minimum: 0, description: 'as the header Last-Event-ID' })),
        }),
      },
    },
    async (request, reply) => {
      if (open >= MAX_STREAMS) {
        return reply
          .status(503)
          .send({ error: { code: 'too_many_streams', message: `${MAX_STREAMS} event streams are open` } })
      }
      const kinds = request.query.kinds?.split(',')
      const wanted = ({ kind }: EventRow) => !kinds || kinds.includes(kind)
      const after = Number(request.headers['last-event-id'] ?? request.query.lastEventId ?? Number.NaN)

      reply.hijack()
      const stream = reply.raw
      stream.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      open += 1
      const send = (rows: EventRow[]) => {
        if (request.caller && !stillValid(request.caller.tokenId)) return stream.destroy()
        const text = rows.filter(wanted).map(written).join('')
        if (text !== '') stream.write(text)
        if (stream.writableLength > MAX_UNREAD_BYTES) stream.destroy()
      }
      // What happens while the past is read waits, so that ids rise.
      let waiting: EventRow[] | null = []
      const unsubscribe = events.subscribe((rows) => (waiting ? waiting.push(...rows) : send(rows)))
      const heartbeat = setInterval(() => {
        if (request.caller && !stillValid(request.caller.tokenId)) stream.destroy()
        else stream.write(':\n\n')
      }, HEARTBEAT_MS)
      stream.on('close', () => {
        open -= 1
        clearInterval(heartbeat)
        unsubscribe()
      })

      stream.write(`retry: 1000\n\n`)
      const sent = Number.isNaN(after) ? 0 : await catchUp(database, after, stream, send)
      const missed = waiting.filter(({ id }) => id > sent)
      waiting = null
      send(missed)
    },
  )
}

/** Sends what happened after `after`. @returns the last id that was sent */
async function catchUp(
  database: StateDatabase,
  after: number,
  stream: NodeJS.WritableStream & { destroyed?: boolean },
  send: (rows: EventRow[]) => void,
): Promise<number> {
  const bounds = await database.read
    .selectFrom('events')
    .select(({ fn }) => [fn.min('id').as('low'), fn.max('id').as('high')])
    .executeTakeFirst()
  const low = bounds?.low ?? 0
  const high = bounds?.high ?? 0
  if (after > high || after < low - 1) {
    stream.write(`event: reset\nid: ${high}\ndata: {}\n\n`)
    return high
  }
  let last = after
  for (;;) {
    const rows = await database.read
      .selectFrom('events')
      .selectAll()
      .where('id', '>', last)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    send(rows)
    last = rows.at(-1)?.id ?? last
    if (rows.length < PAGE || stream.destroyed) return last
  }
}

function written({ id, kind, data_json }: EventRow): string {
  return `id: ${id}\nevent: ${kind}\ndata: ${data_json}\n\n`
}
