import { expect, onTestFinished, test } from 'vitest'
import { Outbox } from '../src/outbox/outbox.ts'
import { quiet, SleepingClock, temporaryFolder } from './places.ts'

const plenty = { maxBytes: 1e9, maxFrames: 1000 }
const at = (atMs: number) => ({ kind: 'frame', source: 'cam', atMs }) as const

test('a clock that is set a month ahead for a while makes nothing too old', async () => {
  const clock = new SleepingClock()
  let aheadMs = 0
  const set = {
    now: () => clock.now() + aheadMs,
    monotonic: () => clock.monotonic(),
    sleep: (ms: number) => clock.sleep(ms),
  }
  const limits = { ...plenty, maxAgeMs: 7 * 86_400_000 }
  const outbox = new Outbox({ folder: await temporaryFolder(), limits, log: quiet, clock: set })
  onTestFinished(() => outbox.close())
  await outbox.start()
  for (let i = 0; i < 10; i++, await clock.sleep(60_000)) await outbox.put(at(set.now()), new Uint8Array(1))
  aheadMs = 30 * 86_400_000
  for (let minute = 0; minute < 59; minute++, await clock.sleep(60_000)) await outbox.tend()
  aheadMs = 0
  await outbox.tend()
  expect([outbox.frames, outbox.dropped]).toEqual([10, 0])
  // One that stays there was wrong before.
  aheadMs = 30 * 86_400_000
  for (let minute = 0; minute < 62; minute++, await clock.sleep(60_000)) await outbox.tend()
  expect([outbox.frames, outbox.dropped]).toEqual([0, 10])
})
