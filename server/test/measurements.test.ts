import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cameraSettings } from '../src/devices/camera-body.ts'
import { MEASUREMENTS, MOST_TAGGED_VERSIONS } from '../src/record/influx/measurements.ts'
import { measurementsTable, withMeasurements } from '../src/record/influx/measurements-table.ts'
import { MOST_SENSORS } from '../src/record/write-readings.ts'

const README = readFileSync(new URL('../../deploy/grafana/README.md', import.meta.url), 'utf8')

test('the README of the dashboards says what is written: `npm run docs` writes it', () => {
  expect(README).toBe(withMeasurements(README))
  for (const [name, { fields }] of Object.entries(MEASUREMENTS))
    for (const each of [name, ...Object.keys(fields)]) expect(measurementsTable()).toContain(`\`${each}\``)
})

test('a README without a place for it is told so', () => {
  expect(() => withMeasurements('# nothing here')).toThrow('<!-- measurements -->')
})

test('the bounds of series are those that the server keeps', () => {
  const { maxItems: states } = cameraSettings.states as { maxItems?: number } as { maxItems: number }
  expect(MEASUREMENTS.probability.series.most).toBe(states)
  expect(MEASUREMENTS.transition.series.most).toBe(states + 1)
  expect(MEASUREMENTS.result.series.most).toBe((states + 1) * (MOST_TAGGED_VERSIONS + 1) + 1)
  expect(MEASUREMENTS.reading.series.most).toBe(MOST_SENSORS)
  expect(README).toContain(MEASUREMENTS.result.series.most.toLocaleString('en'))
})
