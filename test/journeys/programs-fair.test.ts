import { expect, test } from 'vitest'
import { needs } from '../setup/needs.ts'
import { fair } from './fair.ts'

test('50 runs at once: no more run than may, who asks for ten is not behind who asks for forty, and what is too much is told', {
  timeout: 240_000,
}, async (context) => {
  const { broken, runs, refused, ...counts } = await fair({
    ...{ many: 40, few: 10, atOnce: 2 },
    onUnavailable: (reason) => needs(false, reason, context),
  })
  console.log(`${runs} runs: ${JSON.stringify(counts)}`)
  expect(broken).toEqual([])
  expect(runs).toBeGreaterThanOrEqual(50)
  expect(refused).toBe('40 of your programs wait or run already: try again when one of them has ended')
})
