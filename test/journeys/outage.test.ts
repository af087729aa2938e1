import { expect, test } from 'vitest'
import { mountedFolder } from '../setup/mounted.ts'
import { type OutageOptions, outage } from './outage/outage.ts'

const SEED = Number(process.env.AJAR_TEST_SEED ?? 1)
const LONG = { timeout: 400_000 }

async function told(options: Omit<OutageOptions, 'seed' | 'onStep'>) {
  const { broken, ...counts } = await outage({ ...options, seed: SEED, onStep: (text) => console.log(text) })
  console.log(`seed ${SEED}: ${JSON.stringify(counts)}`)
  expect(broken.slice(0, 20)).toEqual([])
  // It was worth something only if the agent was killed, frames went, and changes were among those that stayed.
  expect(counts.kills).toBeGreaterThan(0)
  expect(counts.dropped).toBeGreaterThan(0)
  expect(counts.changes).toBeGreaterThan(0)
  expect(counts.states).toBeGreaterThan(0)
}

test(
  'the server is away, the agent is killed, its clock set back, its outbox full: what it may keep arrives once',
  LONG,
  async () => {
    await told({ outageMs: 15 * 60_000, scale: 30, kills: 5, outbox: { maxBytes: 5_000_000, minFreeBytes: 0 } })
  },
)

test('the same where it is the disk that is full', LONG, async (context) => {
  const dataDir = await mountedFolder('size=4m', context)
  await told({ outageMs: 7 * 60_000, scale: 30, kills: 1, outbox: { minFreeBytes: 1_000_000 }, dataDir })
})
