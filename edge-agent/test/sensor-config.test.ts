import { expect, test } from 'vitest'
import { checkConfig } from '../src/index.ts'

const least = { device: 'pi-1', token: 't', dataDir: 'data', cameras: [{ name: 'cam', driver: 'synthetic' }] }

test('the defaults of a sensor are those of its driver; without the list there is none', () => {
  expect(checkConfig(least).sensors).toBeUndefined()
  expect(checkConfig({ ...least, sensors: [] }).sensors).toEqual([])
  const sensors = [
    { name: 'contact', driver: 'gpio', line: 'GPIO17' },
    { name: 'heat', driver: 'cpu-temperature', intervalMs: 5000 },
  ]
  expect(checkConfig({ ...least, sensors }).sensors).toEqual([
    {
      name: 'contact',
      driver: 'gpio',
      line: 'GPIO17',
      intervalMs: 60_000,
      bias: 'pull-up',
      activeLow: false,
      debounceMs: 20,
      access: 'auto',
    },
    { name: 'heat', driver: 'cpu-temperature', intervalMs: 5000 },
  ])
})

test('a camera and a sensor may have one name, two sensors may not', () => {
  const cam = { name: 'cam', driver: 'disk' }
  expect(checkConfig({ ...least, sensors: [cam] }).sensors).toHaveLength(1)
  expect(() => checkConfig({ ...least, sensors: [cam, cam] })).toThrow(/sensors has two of the name cam/)
})

test('each sensor is checked by the schema of its own driver, and every error is told', () => {
  const sensors = [
    { name: 'a', driver: 'gpio', bias: 'up', values: ['closed'] },
    { name: 'b', driver: 'gpio' },
    { name: 'c', driver: 'gpio', offset: 17 },
    { name: 'd', driver: 'thermometer' },
    { name: 'e', driver: 'disk', line: 'GPIO17', intervalMs: 1 },
    { name: 'f', driver: 'gpio', chip: 'pinctrl-rp1', offset: 17 },
  ]
  let message = ''
  try {
    checkConfig({ ...least, sensors })
  } catch (error) {
    message = String(error)
  }
  for (const part of [
    'sensors/0/bias must be',
    'sensors/0/values must not have fewer than 2 items',
    'sensors/1 needs line ("GPIO17"), or chip and offset',
    'sensors/2 needs line',
    'sensors/3/driver must be one of gpio, cpu-temperature, cpu-load, disk, wifi, serial',
    'sensors/4 has an unknown field line',
    'sensors/4/intervalMs must be >= 100',
  ]) {
    expect(message).toContain(part)
  }
  expect(message).toContain('has 7 error(s)')
})

test('sensors that are no list are refused in words', () => {
  expect(() => checkConfig({ ...least, sensors: {} })).toThrow(/sensors must be array/)
})
