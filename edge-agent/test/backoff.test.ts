import { expect, test } from 'vitest'
import { Backoff, backoffFor, STABLE_MS } from '../src/publish/backoff.ts'

const limits = { baseMs: 1000, capMs: 60_000 }
const longest = () => new Backoff(limits, () => 1)

test('waits double up to the cap', () => {
  const backoff = longest()
  const waits = Array.from({ length: 9 }, () => {
    backoff.ended(0, false)
    return backoff.wait()
  })
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
})

test('the jitter is full: any time from nothing to the bound', () => {
  const draws = [0, 0.5]
  const backoff = new Backoff(limits, () => draws.shift() ?? 1)
  backoff.ended(0, false)
  expect([backoff.wait(), backoff.wait(), backoff.wait()]).toEqual([0, 500, 1000])
})

test('a close without PUBACK backs off, also when connecting worked; a PUBACK or a stable connection begins anew', () => {
  const backoff = longest()
  const wait = (lastedMs: number, acknowledged: boolean) => {
    backoff.ended(lastedMs, acknowledged)
    return backoff.wait()
  }
  expect([wait(500, false), wait(500, false), wait(500, true)]).toEqual([1000, 2000, 1000])
  expect([wait(500, false), wait(500, false), wait(STABLE_MS, false)]).toEqual([1000, 2000, 1000])
})

test.each([
  ['mqtt://127.0.0.1:1883', 5000],
  ['ws://localhost:20002/mqtt', 5000],
  ['mqtts://[::1]:8883', 5000],
  ['mqtt://192.168.1.20:1883', 60_000],
  ['wss://127.example.com/mqtt', 60_000],
])('the cap at %s is %i ms', (server, capMs) => {
  expect(backoffFor(server).capMs).toBe(capMs)
})
