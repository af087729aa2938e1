import type { ServerResponse } from 'node:http'
import { Type } from 'typebox'
import { EVENT_KINDS, type EventKind, type Events } from '../database/events.ts'
import type { EventRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import { badRequest } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { OpenStreams } from '../http/open-streams.ts'

/** Events are kept this long for those who come back. */
export const EVENTS_KEPT_MS = 3_600_000
const PAGE = 500
const HEARTBEAT_MS = 15_000
/** A reader that leaves this much unread is cut off; it resumes where it was. */
const MAX_UNREAD_BYTES = 1024 * 1024
/** So long a reader of the past may take for a page of it. */
const DRAIN_LIMIT_MS = 30_000
const LIMITS = { what: 'event streams', code: 'too_many_streams', most: 200, mostOfToken: 50 }

/**
 * GET /api/events: server-sent events (WHATWG HTML, 9.2). `id` is a rising row id; Last-Event-ID resumes after it, or
 * is answered with `reset` where that is more than an hour ago.
 */
export function eventsRoute(http: Http, database: StateDatabase, events: Events): OpenStreams {
  const streams = new OpenStreams(LIMITS)
  http.get(
    '/api/events',
    {
      config: { access: 'viewer' },
      schema: {
        summary:
          'Server-sent events: result, transition, device, camera, job, storage, process, reading, sensor, alert',
        querystring: Type.Object({
          kinds: Type.Optional(Type.String({ description: 'only these, separated by commas' })),
          lastEventId: Type.Optional(Type.String({ description: 'as the header Last-Event-ID' })),
        }),
      },
    },
    async (request, reply) => {
      const kinds = kindsOf(request.query.kinds)
      const wanted = ({ kind }: EventRow) => !kinds || kinds.includes(kind)
      const after = eventId(request.headers['last-event-id'] ?? request.query.lastEventId)

      const stream = reply.raw
      streams.enter(stream, request.caller)
      reply.hijack()
      stream.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      const send = (rows: EventRow[]) => {
        const text = rows.filter(wanted).map(written).join('')
        if (text !== '') stream.write(text)
        if (stream.writableLength > MAX_UNREAD_BYTES) stream.destroy()
      }
      // What happens while the past is read is not kept for a slow reader: it stands in rows, which are read next.
      let live = after === null
      let newest = 0
      let sent = 0
      const unsubscribe = events.subscribe((rows) => {
        newest = rows.at(-1)?.id ?? newest
        if (live) send(rows.filter(({ id }) => id > sent))
      })
      // An event, not a comment: a browser hears no comments, and silence is how it knows that the line is dead.
      // It says the time, too: ages are counted by the server's clock, and a browser's may be wrong.
      const alive = () => `event: alive\ndata: ${JSON.stringify({ at: Date.now() })}\n\n`
      const heartbeat = setInterval(() => stream.write(alive()), HEARTBEAT_MS)
      stream.on('close', () => {
        clearInterval(heartbeat)
        unsubscribe()
      })

      stream.write('retry: 1000\n\n')
      try {
        if (after !== null) sent = await startOfPast(database, after, stream)
        while (!live) {
          sent = await sendPast(database, sent, stream, send)
          live = newest <= sent || stream.destroyed
        }
      } catch (error) {
        request.log.warn({ err: error }, 'an event stream could not read the past')
        stream.destroy()
      }
    },
  )
  return streams
}

/** @throws HttpError 400 `unknown_kind`: who misspells a kind would wait for ever */
function kindsOf(text: string | undefined): EventKind[] | null {
  if (text === undefined) return null
  const kinds = text.split(',')
  const unknown = kinds.find((kind) => !isKind(kind))
  if (unknown !== undefined)
    throw badRequest('unknown_kind', `${unknown} is no kind of event: ${EVENT_KINDS.join(', ')} are`, 'kinds')
  return kinds.filter(isKind)
}

function isKind(text: string): text is EventKind {
  return (EVENT_KINDS as string[]).includes(text)
}

/** null where nothing is to be resumed; what is no id of ours is before all of them, and answered with `reset`. */
function eventId(text: string | string[] | undefined): number | null {
  if (text === undefined || text === '') return null
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
}

/** @returns the id after which the past is sent; who asks for what is gone is told to begin anew */
async function startOfPast({ read }: StateDatabase, after: number, stream: ServerResponse): Promise<number> {
  const bounds = await read
    .selectFrom('events')
    .select(({ fn }) => [fn.min('id').as('low'), fn.max('id').as('high')])
    .executeTakeFirst()
  const low = bounds?.low ?? 0
  const high = bounds?.high ?? 0
  if (after <= high && after >= low - 1) return after
  stream.write(`event: reset\nid: ${high}\ndata: {}\n\n`)
  return high
}

/**
 * Hands on what happened after `after`, page by page, as fast as the reader reads.
 * @returns the id of the last event
 */
async function sendPast(
  { read }: StateDatabase,
  after: number,
  stream: ServerResponse,
  send: (rows: EventRow[]) => void,
): Promise<number> {
  let last = after
  for (;;) {
    const rows = await read.selectFrom('events').selectAll().where('id', '>', last).orderBy('id').limit(PAGE).execute()
    send(rows)
    last = rows.at(-1)?.id ?? last
    if (rows.length < PAGE || stream.destroyed) return last
    if (stream.writableNeedDrain) await drained(stream)
  }
}

/** A reader that does not read is cut off. */
async function drained(stream: ServerResponse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const limit = setTimeout(() => stream.destroy(), DRAIN_LIMIT_MS)
  stream.once('drain', resolve).once('close', resolve)
  await promise
  clearTimeout(limit)
  stream.off('drain', resolve).off('close', resolve)
}

function written({ id, kind, data_json }: EventRow): string {
  return `id: ${id}\nevent: ${kind}\ndata: ${data_json}\n\n`
}
