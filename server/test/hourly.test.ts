import { afterEach, expect, test, vi } from 'vitest'
import { Hourly } from '../src/hourly.ts'

afterEach(() => void vi.useRealTimers())

test('at the start, an hour after it was done, also where it failed, and never once it was closed', async () => {
  vi.useFakeTimers()
  const troubles: unknown[] = []
  let done = 0
  const hourly = new Hourly(
    async () => {
      done += 1
      if (done === 2) throw new Error('the disk refuses')
    },
    (error) => troubles.push(error),
  )
  hourly.start()
  await vi.advanceTimersByTimeAsync(3_599_999)
  expect(done).toBe(1)
  await vi.advanceTimersByTimeAsync(1)
  expect([done, troubles.length]).toEqual([2, 1])
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(done).toBe(3)
  await hourly.close()
  await vi.advanceTimersByTimeAsync(10_000_000)
  expect([done, troubles.length, hourly.isClosing]).toEqual([3, 1, true])
})
