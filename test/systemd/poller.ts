import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * `node poller.ts PORT PER_SECOND PATH`: asks the server on loopback for PATH again and again, with a new connection each time,
 * and says with each answer how many there were. After a message from its parent it asks no more and tells the whole.
 */

/** What a request came to: `refused` where nobody listened or answered in time, `cut` where the answer broke off. */
export interface Asked {
  /** Milliseconds of the monotonic clock. */
  sentAt: number
  endedAt: number
  end: 'answered' | 'refused' | 'cut'
  /** Of HTTP; null where there was no answer. */
  status: number | null
}

export type PollerWord = { asked: number } | { all: Asked[] }

/** Longer than any restart. */
const ANSWER_LIMIT_MS = 60_000

const [port, perSecond = '', path] = process.argv.slice(2)
const all: Asked[] = []
let stopping = false
process.once('message', () => {
  stopping = true
})
process.once('disconnect', () => process.exit())

const waiting = new Set<Promise<void>>()
while (!stopping) {
  const request = ask().finally(() => waiting.delete(request))
  waiting.add(request)
  await sleep(1000 / Number(perSecond))
}
await Promise.all(waiting)
tell({ all })

function ask(): Promise<void> {
  const sentAt = now()
  return new Promise((resolve) => {
    const ended = (end: Asked['end'], status: Asked['status'] = null) => {
      all.push({ sentAt, endedAt: now(), end, status })
      tell({ asked: all.length })
      resolve()
    }
    const request = get({ host: '127.0.0.1', port, path, agent: false, timeout: ANSWER_LIMIT_MS })
    let begun = false
    request.once('response', (response) => {
      begun = true
      response.once('error', () => ended('cut'))
      response.once('end', () => ended('answered', response.statusCode))
      response.resume()
    })
    request.once('timeout', () => request.destroy(Object.assign(new Error('no answer'), { code: 'ECONNREFUSED' })))
    request.once('error', (error: NodeJS.ErrnoException) => {
      if (!begun) ended(error.code === 'ECONNREFUSED' ? 'refused' : 'cut')
    })
  })
}

function tell(word: PollerWord) {
  process.send?.(word)
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
