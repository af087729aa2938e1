import { expect, test } from 'vitest'
import { crash } from './crash.ts'

const KILLS = Number(process.env.AJAR_TEST_KILLS ?? 10)
const SEED = Number(process.env.AJAR_TEST_SEED ?? 1)

test(`server and agents are killed ${KILLS} times: every acknowledged frame is kept once and ends once`, {
  timeout: 60_000 + KILLS * 15_000,
}, async () => {
  const { broken, killed, ...counts } = await crash({ kills: KILLS, seed: SEED })
  console.log(`seed ${SEED}: killed ${JSON.stringify(killed)}, frames ${JSON.stringify(counts)}`)
  expect(broken.slice(0, 20)).toEqual([])
  // It was worth something only if frames were under way.
  expect(killed.server + killed.agent).toBeGreaterThanOrEqual(KILLS)
  expect(counts.acknowledged).toBeGreaterThan(10 * KILLS)
  expect(counts.sentAgain).toBeGreaterThan(0)
})
