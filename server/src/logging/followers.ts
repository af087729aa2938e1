import type { ServerResponse } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { OpenStreams } from '../http/open-streams.ts'
import { lineBody } from './line-body.ts'
import { type LineFilter, matches, type RecentLine, type RecentLines } from './recent-lines.ts'

const LIMITS = { what: 'readers of the log', code: 'too_many_followers', most: 20, mostOfToken: 5 }
/** A reader that leaves this much unread misses lines until it has read them; it is told how many. */
const MOST_UNREAD_BYTES = 1024 * 1024
const HEARTBEAT_MS = 15_000

/** Those who read the log as it is written, by server-sent events. */
export class Followers {
  readonly #recent: RecentLines
  readonly streams = new OpenStreams(LIMITS)

  constructor(recent: RecentLines) {
    this.#recent = recent
  }

  /** @param limit so many lines of the past come first, unless Last-Event-ID says after which */
  follow(request: FastifyRequest, reply: FastifyReply, filter: LineFilter, limit: number): FastifyReply {
    const stream = reply.raw
    this.streams.enter(stream, request.caller)
    reply.hijack()
    stream.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    stream.write('retry: 1000\n\n')

    let missed = 0
    const send = (line: RecentLine) => {
      if (!matches(line, filter)) return
      if (stream.writableLength > MOST_UNREAD_BYTES) {
        missed += 1
        return
      }
      if (missed > 0) stream.write(gap(missed))
      missed = 0
      stream.write(`event: line\nid: ${line.id}\ndata: ${JSON.stringify(lineBody(line))}\n\n`)
    }
    this.#sendPast(stream, lastEventId(request), filter, limit, send)
    const unfollow = this.#recent.follow(send)
    // An event, not a comment: a browser hears no comments, and silence is how it knows that the line is dead.
    const heartbeat = setInterval(() => {
      if (stream.writableLength === 0) stream.write(`event: alive\ndata: ${JSON.stringify({ at: Date.now() })}\n\n`)
    }, HEARTBEAT_MS)
    stream.on('drain', () => {
      if (missed > 0) stream.write(gap(missed))
      missed = 0
    })
    stream.on('close', () => {
      clearInterval(heartbeat)
      unfollow()
    })
    return reply
  }

  #sendPast(
    stream: ServerResponse,
    after: number | null,
    filter: LineFilter,
    limit: number,
    send: (line: RecentLine) => void,
  ) {
    if (after === null) return this.#recent.newest(filter, limit).toReversed().forEach(send)
    const { lines, isGap } = this.#recent.after(after, filter)
    if (isGap) stream.write(gap(null))
    lines.forEach(send)
  }
}

/** @param lines how many went unseen; null where nobody knows */
function gap(lines: number | null): string {
  return `event: gap\ndata: ${JSON.stringify({ lines })}\n\n`
}

/** What is no id of ours is before all of them. */
function lastEventId({ headers }: FastifyRequest): number | null {
  const text = headers['last-event-id']
  if (text === undefined || text === '') return null
  return typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : 0
}
