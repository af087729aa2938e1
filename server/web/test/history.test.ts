import { expect, onTestFinished, test, vi } from 'vitest'
import { type Asked, askedOf, withAsked } from '../src/pages/camera/asked-span.ts'
import { History, ofCamera } from '../src/pages/camera/history.ts'
import { lengthOf } from '../src/ribbon/span.ts'
import { openAt, serve } from './browser.ts'

/** Which span of the past is looked at, and how the address says so. */

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = 1_800_000_000_000

/** The history of a camera that was first seen an hour ago, unless told another time. */
async function young(query = '', since = NOW - HOUR) {
  vi.useFakeTimers({ now: NOW })
  onTestFinished(() => void vi.useRealTimers())
  openAt('/')
  const calls = serve((call) => [
    200,
    call.includes('/history') ? { width: 1, since: new Date(since).toISOString(), items: [] } : { items: [] },
  ])
  let told: Asked | null = null
  const history = new History(ofCamera('pi/cam'), query, (asked) => {
    told = asked
  })
  onTestFinished(() => history.close())
  history.start()
  await vi.advanceTimersByTimeAsync(500)
  return { history, calls, told: () => told }
}

test.each(['?span=day', '?span=all', '?span=7200', '?from=1000&to=5000', ''])(
  'an address names a span: %s',
  (query) => {
    expect(withAsked('', askedOf(query))).toBe(query)
    expect(withAsked('?frame=pi%2Fcam%2F1&span=week', askedOf(query))).toBe(
      `?frame=pi%2Fcam%2F1${query.replace('?', '&')}`,
    )
  },
)

test.each(['?span=eternity', '?span=0', '?from=5&to=5', '?from=-1&to=5', '?from=1e3&to=1e4', '?span=9e9', '?to=7'])(
  'what is no span is the last hour: %s',
  (query) => expect(askedOf(query)).toEqual({ length: HOUR }),
)

test('of a camera that is younger than the last hour all is looked at, unless a span was chosen', async () => {
  const { history, told } = await young('', NOW - HOUR / 6)
  expect(lengthOf(history.span.value)).toBeLessThan(HOUR / 5)
  expect(history.showsLatest(Number.POSITIVE_INFINITY)).toBe(true)
  expect(told()).toBeNull()
  const chosen = await young('?span=hour', NOW - HOUR / 6)
  expect(lengthOf(chosen.history.span.value)).toBe(HOUR)
})

test('the span of the address is the one that is asked for, and one that is chosen stands there when it is at rest', async () => {
  const { history, calls, told } = await young('?span=day')
  expect(history.showsLatest(DAY)).toBe(true)
  expect(calls.some((call) => call.includes(`from=${NOW - DAY}&to=${NOW}`))).toBe(true)
  expect(told()).toBeNull()
  history.showLatest(7 * DAY)
  expect(told()).toBeNull()
  await vi.advanceTimersByTimeAsync(500)
  expect(told()).toEqual({ length: 7 * DAY })
  history.show({ from: NOW - 3000, to: NOW - 2000 })
  await vi.advanceTimersByTimeAsync(500)
  expect(told()).toEqual({ from: NOW - 3000, to: NOW - 2000 })
})

test('of a young camera the whole span is shown, and all of it is what there is', async () => {
  const { history } = await young()
  for (const length of [DAY, 7 * DAY, 365 * DAY]) {
    history.showLatest(length)
    expect(lengthOf(history.span.value)).toBe(length)
    expect(history.hasEarlier).toBe(false)
  }
  history.showLatest(Number.POSITIVE_INFINITY)
  expect(history.span.value.from).toBe(NOW - HOUR)
})

test('one that ends now ends now still when it is zoomed, farther and closer', async () => {
  const { history } = await young()
  const middle = () => history.span.value.from + lengthOf(history.span.value) / 2
  history.showLatest(HOUR / 2)
  for (const factor of [2, 0.5, 0.5, 0.5, 0.5]) {
    await vi.advanceTimersByTimeAsync(700) // not yet moved on
    history.zoom(factor, middle())
    expect(history.follows.value).toBe(true)
    expect(Date.now() - history.span.value.to).toBeLessThan(1000)
  }
  expect(lengthOf(history.span.value)).toBe(HOUR / 16)
})

test('earlier is as long a span before, and later comes back to now', async () => {
  const { history } = await young()
  history.showLatest(HOUR / 4)
  const { from } = history.span.value
  history.move(-1)
  expect(history.span.value).toEqual({ from: from - HOUR / 4, to: from })
  expect([history.follows.value, history.hasEarlier]).toEqual([false, true])
  history.move(1)
  expect(history.follows.value).toBe(true)
})
