import { afterEach, expect, test, vi } from 'vitest'
import { clock, heardServerTime, serverNow } from '../src/design/clock.ts'

const HOUR = 3_600_000
const NOW = 1_800_000_000_000

afterEach(() => {
  heardServerTime(Date.now())
  vi.useRealTimers()
})

test('a browser whose clock is wrong counts by the server', () => {
  vi.useFakeTimers({ now: NOW })
  heardServerTime(NOW + HOUR)
  expect([serverNow(), clock.value]).toEqual([NOW + HOUR, NOW + HOUR])
  vi.setSystemTime(NOW + 2 * HOUR) // somebody puts it right
  heardServerTime(NOW + HOUR + 1)
  expect(serverNow()).toBe(NOW + HOUR + 1)
})

test('the way to the server is no difference of clocks', () => {
  vi.useFakeTimers({ now: NOW })
  heardServerTime(NOW)
  vi.setSystemTime(NOW + 10_000)
  heardServerTime(NOW + 500, NOW) // it answered at once, and its answer took long
  expect(serverNow()).toBe(NOW + 10_000)
  heardServerTime(Number.NaN)
  expect(serverNow()).toBe(NOW + 10_000)
})
