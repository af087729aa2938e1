import { expect, test } from 'vitest'
import type { ReadingBody } from '../src/api/reading-bodies.ts'
import type { SensorBody } from '../src/api/sensor-bodies.ts'
import { sensorsBeside, sensorsOf, withHeard, withoutSensor, withReading, withStatus } from '../src/sensors/sensor.ts'
import { beforeFrame, valueInWords } from '../src/sensors/words.ts'

const iso = (ms: number) => new Date(ms).toISOString()
const sensor = (name: string, more: Partial<ReadingBody> & Partial<SensorBody> = {}): SensorBody & ReadingBody => {
  return { device: 'pi', sensor: name, unit: null, driver: 'gpio', fault: null, at: iso(1000), value: 1, ...more }
}
const event = (name: string, at: number, value: number) => ({ device: 'pi', sensor: name, at: iso(at), value })

test('a value is said with its unit, a text as it is, a list by its length', () => {
  expect(valueInWords(48.234, '°C')).toBe('48.23 °C')
  expect(valueInWords(1234567, null)).toBe('1,234,567')
  expect(valueInWords(0.00012345, 'V')).toBe('0.000123 V')
  expect(valueInWords(0, null)).toBe('0')
  expect(valueInWords(-61, 'dBm')).toBe('-61 dBm')
  expect(valueInWords('open', '%')).toBe('open')
  expect(valueInWords('', null)).toBe('(no text)')
  expect([[], [1], [1, 2, 3]].map((list) => valueInWords(list, 'dBm'))).toEqual(['0 values', '1 value', '3 values'])
})

test('beside a frame it is said how much older a reading is', () => {
  expect([0, 999, 1000, 3_600_000].map(beforeFrame)).toEqual([
    'with the frame',
    'with the frame',
    '1 s before',
    '1 h before',
  ])
})

test('the newest reading of each sensor is shown, whatever comes late', () => {
  const loaded = [sensor('door'), sensor('cpu', { at: iso(5000), value: 40 })]
  const after = [event('door', 2000, 0), event('cpu', 4000, 39), event('new', 10, 7)].reduce(withReading, loaded)
  expect(after.map(({ sensor, at, value }) => [sensor, Date.parse(at ?? ''), value])).toEqual([
    ['door', 2000, 0],
    ['cpu', 5000, 40],
    ['new', 10, 7],
  ])
  expect(after[0]?.driver).toBe('gpio')
})

test('what was heard while the answer was on its way is not taken back by it', () => {
  const heard = withReading([], event('door', 2000, 0))
  expect(withHeard([sensor('door', { unit: 'V' })], heard)).toEqual([
    sensor('door', { unit: 'V', at: iso(2000), value: 0 }),
  ])
})

test('the status tells of faults and units, also of sensors that never read anything', () => {
  const told = (unit: string | null, fault: string | null) => ({ driver: 'gpio', unit, fault })
  const status = { state: 'online', sensors: { door: told(null, null), wifi: told('dBm', 'no wlan0') } }
  const door = sensor('door', { unit: 'V', fault: 'line was busy' })
  expect(sensorsOf([door, sensor('cpu', { unit: '°C' })], { connected: true, status })).toEqual([
    { name: 'wifi', reading: null, unit: 'dBm', fault: 'no wlan0', isSent: true, task: null },
    { name: 'cpu', reading: { at: 1000, value: 1 }, unit: '°C', fault: null, isSent: false, task: null },
    { name: 'door', reading: { at: 1000, value: 1 }, unit: 'V', fault: null, isSent: true, task: null },
  ])
  // Of a device that is away, or says nothing, what is known stays, and nobody knows what hinders it.
  const known = [{ name: 'door', reading: { at: 1000, value: 1 }, unit: 'V', fault: null, isSent: true, task: null }]
  for (const silent of [null, { state: 'offline' }, { sensors: null }])
    expect(sensorsOf([door], { connected: true, status: silent })).toEqual(known)
  expect(sensorsOf([door], { connected: false, status })).toEqual(known)
  expect(sensorsOf([door], null)).toEqual(known)
  expect(sensorsOf([], { connected: true, status: { state: 'online' } })).toEqual([])
})

test('what a task writes is expected of no agent: it has not ended because the agent does not name it', () => {
  const status = { sensors: { door: { driver: 'gpio', unit: null, fault: null } } }
  const loaded = [sensor('noise', { driver: 'task camera_health' }), sensor('door', { driver: 'task old' })]
  const shown = sensorsOf(loaded, { connected: true, status }).map(({ name, isSent, task }) => ({ name, isSent, task }))
  expect(shown).toEqual([
    { name: 'door', isSent: true, task: null },
    { name: 'noise', isSent: null, task: 'camera_health' },
  ])
})

test('what a device says of its sensors is kept for when it goes, and says nothing of others', () => {
  const sensors = { door: { driver: 'wire', unit: 'V', fault: null }, none: { driver: 'x', unit: null, fault: null } }
  const loaded = [sensor('door'), sensor('cpu', { unit: '°C' }), sensor('door', { device: 'other' })]
  expect(withStatus(loaded, { device: 'pi', status: { sensors } })).toEqual([
    sensor('door', { driver: 'wire', unit: 'V' }),
    ...loaded.slice(1),
  ])
  expect(withStatus(loaded, { device: 'pi', status: { state: 'offline' } })).toBe(loaded)
})

test('a sensor that was removed is gone, and none of its name on another device', () => {
  const loaded = [sensor('door'), sensor('cpu'), sensor('door', { device: 'other' })]
  expect(withoutSensor(loaded, { device: 'pi', sensor: 'door' })).toEqual(loaded.slice(1))
})

test('readings beside a frame stand by name', () => {
  expect(sensorsBeside([sensor('wifi', { value: [1, 2] }), sensor('door')]).map(({ name }) => name)).toEqual([
    'door',
    'wifi',
  ])
})
