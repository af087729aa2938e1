import { expect, test } from 'vitest'
import { needsProgram } from '../setup/needs.ts'
import { influxFaults } from './influx/faults.ts'

const SEED = Number(process.env.AJAR_TEST_SEED ?? 1)

test('whatever becomes of InfluxDB, each point is there once in the end', { timeout: 900_000 }, async (context) => {
  needsProgram('influxd', 'influxdb', context)
  const options = { rounds: 1, seed: SEED, frames: 12, readings: 600, rate: 3000 }
  const { broken, ...report } = await influxFaults({ ...options, onStep: (text) => console.log(text) })
  console.log(`seed ${SEED}: ${JSON.stringify(report)}`)
  expect(broken.slice(0, 20)).toEqual([])
  // It was worth something only if points had to wait.
  expect(report.mostWaiting).toBeGreaterThan(0)
})
