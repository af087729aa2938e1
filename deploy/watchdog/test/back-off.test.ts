import { expect, test } from 'vitest'
import { BackOff } from '../src/back-off.ts'

test('the first restart is at once, each further one waits twice as long, at most 30 s', () => {
  const backOff = new BackOff(() => 1)
  // Far enough apart that they are never too many within half a minute.
  const pauses = Array.from({ length: 11 }, (_, i) => backOff.afterExit(i * 10_000).ms)
  expect(pauses).toEqual([0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
})

test('jitter takes away half of it at most', () => {
  const pauses = (random: number) => {
    const backOff = new BackOff(() => random)
    backOff.afterExit(0)
    return backOff.afterExit(10_000).ms
  }
  expect([pauses(0), pauses(0.5), pauses(1)]).toEqual([125, 187.5, 250])
})

test('more than five exits in half a minute are a failure, tried again once a minute until it has run for long', () => {
  const backOff = new BackOff(() => 1)
  const pauses = [0, 1, 2, 3, 4, 5].map((i) => backOff.afterExit(i * 1000))
  expect(pauses.map(({ isFailed }) => isFailed)).toEqual([false, false, false, false, false, true])
  expect(pauses.at(-1)?.ms).toBe(60_000)
  expect(backOff.afterExit(66_000)).toEqual({ ms: 60_000, isFailed: true })
  backOff.reset()
  expect(backOff.afterExit(140_000)).toEqual({ ms: 0, isFailed: false })
})

test('five exits in half a minute are none yet', () => {
  const backOff = new BackOff(() => 1)
  const pauses = Array.from({ length: 12 }, (_, i) => backOff.afterExit(i * 6001))
  expect(pauses.some(({ isFailed }) => isFailed)).toBe(false)
})

test('five starts in a row that take too long are a failure, however slowly they come', () => {
  const failed = (slow: boolean[]) => {
    const backOff = new BackOff(() => 1)
    return slow.map((wasSlow, i) => backOff.afterExit(i * 600_000, wasSlow).isFailed)
  }
  expect(failed([true, true, true, true, true])).toEqual([false, false, false, false, true])
  expect(failed([true, true, true, true, false, true])).not.toContain(true)
})
