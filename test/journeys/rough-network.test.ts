import { expect, test } from 'vitest'
import { roughLine } from './rough-network/rough-line.ts'
import { needsRoughNetwork } from './rough-network/rough-network.ts'

const SEED = Number(process.env.AJAR_TEST_SEED ?? 1)

test('a line that loses a third of all packets and is cut in the midst of frames: every frame arrives once, in order', {
  timeout: 300_000,
}, async (context) => {
  needsRoughNetwork(context)
  const { broken, ...counts } = await roughLine({
    frames: 24,
    cuts: 4,
    longestCutMs: 1000,
    loss: 0.3,
    delayMs: 250,
    patienceMs: 1000,
    seed: SEED,
    onStep: (text) => console.log(text),
  })
  console.log(`seed ${SEED}: ${JSON.stringify(counts)}`)
  expect(broken).toEqual([])
  // It was worth something only if frames came through while the line was bad, and were under way when it was cut.
  expect(counts.storedOverBadLine).toBeGreaterThan(0)
  expect(counts.cuts).toEqual({ silence: 1, link: 1, closed: 1, killed: 1 })
})
