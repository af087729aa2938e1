import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { Stream } from '../src/live/stream.ts'
import { openAt, stub } from './browser.ts'

const MINUTE = 60_000

/** What the browser's EventSource does, by hand. */
class Source extends EventTarget {
  static readonly CLOSED = 2
  static opened: Source[] = []
  readyState = 0
  onopen = () => {}
  onerror = () => {}
  readonly address: string

  constructor(address: string) {
    super()
    this.address = address
    Source.opened.push(this)
  }

  close() {
    this.readyState = Source.CLOSED
  }

  say(kind: string, data: object, lastEventId = '') {
    this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data), lastEventId }))
  }
}

const newest = () => Source.opened.at(-1) as Source
let heard: string[]
let page: ReturnType<typeof openAt>

function started(): Stream {
  const stream = new Stream({
    onEvent: ({ kind }) => heard.push(kind),
    onReset: () => heard.push('reset'),
    onLiveness: (liveness) => heard.push(liveness),
    onRefused: () => heard.push('refused'),
    onTime: (at) => heard.push(`time ${at}`),
  })
  stream.start()
  onTestFinished(() => stream.stop())
  newest().onopen()
  newest().say('result', {}, '7')
  heard.length = 0
  return stream
}

beforeEach(() => {
  vi.useFakeTimers()
  page = openAt('/')
  stub('EventSource', Source)
  Source.opened = []
  heard = []
  return () => void vi.useRealTimers()
})

function look(visibilityState: 'visible' | 'hidden') {
  Object.assign(page.document, { visibilityState }).dispatchEvent(new Event('visibilitychange'))
}

test('a page that was away for a moment hears what happened meanwhile', () => {
  started()
  look('hidden')
  vi.advanceTimersByTime(MINUTE / 2 + 1000)
  look('visible')
  expect(newest().address).toBe('/api/events?lastEventId=7')
  newest().onopen()
  expect(heard).toEqual(['paused', 'reconnecting', 'live'])
})

test('a page that was away for long loads everything anew', () => {
  started()
  look('hidden')
  vi.advanceTimersByTime(10 * MINUTE)
  look('visible')
  expect(newest().address).toBe('/api/events')
  newest().onopen()
  expect(heard).toEqual(['paused', 'reconnecting', 'live', 'reset'])
})

test('tries in vain do not count as hearing the server', () => {
  started()
  for (let i = 0; i < 25; i++) {
    newest().close()
    newest().onerror()
    vi.advanceTimersByTime(3000)
  }
  expect(Source.opened[1]?.address).toBe('/api/events?lastEventId=7')
  expect(newest().address).toBe('/api/events')
})

test('a connection that goes silent is opened again, and a new one is given its time', () => {
  started()
  vi.advanceTimersByTime(46_000)
  expect(Source.opened).toHaveLength(2)
  expect(newest().address).toBe('/api/events?lastEventId=7')
  vi.advanceTimersByTime(30_000)
  expect(Source.opened).toHaveLength(2)
  newest().say('alive', { at: 5 })
  vi.advanceTimersByTime(30_000)
  expect(Source.opened).toHaveLength(2)
  expect(heard).toContain('time 5')
})

test('a stream that is refused may mean that the session has ended', () => {
  started()
  newest().close()
  newest().onerror()
  expect(heard).toEqual(['reconnecting', 'refused'])
})
