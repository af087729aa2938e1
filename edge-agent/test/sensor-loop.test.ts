import { expect, onTestFinished, test } from 'vitest'
import { type Instant, instantOf } from '../src/clock.ts'
import { checkConfig, Sensors } from '../src/index.ts'
import type { Log } from '../src/log.ts'
import { every, type Measurement, type SensorContext } from '../src/sensors/driver.ts'
import type { SensorConfig } from '../src/sensors/drivers.ts'
import type { TakenReading } from '../src/sensors/loop.ts'
import { notebook, quiet, SleepingClock, temporaryFolder, until } from './places.ts'

/** A sensor that a test speaks for. */
type Voice = (context: SensorContext) => AsyncIterable<Measurement>

function configs(...sensors: Record<string, unknown>[]): SensorConfig[] {
  const cameras = [{ name: 'cam', driver: 'synthetic' }]
  return checkConfig({ device: 'pi', token: 't', dataDir: 'unused', cameras, sensors }).sensors ?? []
}

/** Starts sensors, each spoken for by the voice of its name. */
async function started(voices: Record<string, Voice>, clock = new SleepingClock(), log: Log = quiet) {
  const taken: { source: string; value: unknown; important: boolean; atMs: number }[] = []
  const order: string[] = []
  const faults: (string | null)[][] = []
  const sensors = new Sensors({
    sensors: configs(...Object.keys(voices).map((name) => ({ name, driver: 'cpu-temperature' }))),
    dataDir: 'unused',
    clock,
    log,
    take: async ({ source, bytes, important, takenAt }: TakenReading) => {
      order.push(`reading ${source}`)
      taken.push({ source, important, atMs: takenAt.wallMs, ...JSON.parse(new TextDecoder().decode(bytes)) })
    },
    onEdge: ({ wallMs }: Instant) => order.push(`edge ${wallMs}`),
    onFault: () => {
      faults.push(Object.values(sensors.status).map(({ fault }) => fault))
    },
    open: ({ name }, context) => voices[name]?.(context) ?? (async function* () {})(),
  })
  await sensors.start()
  onTestFinished(() => sensors.close())
  return { sensors, taken, order, faults }
}

test('what is measured becomes a reading with its time; an edge matters, and is told before it is kept', async () => {
  const clock = new SleepingClock(1_000_000)
  const { taken, order, sensors } = await started(
    {
      door: async function* ({ signal }) {
        yield { value: 'closed', takenAt: instantOf(clock), isEdge: false }
        yield { value: 'open', takenAt: { wallMs: 999_000, monotonicMs: -1000 }, isEdge: true }
        yield { value: [1, 2.5], takenAt: instantOf(clock), isEdge: false }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    },
    clock,
  )
  await until(() => taken.length === 3)
  expect(taken).toEqual([
    { source: 'door', value: 'closed', important: false, atMs: 1_000_000 },
    { source: 'door', value: 'open', important: true, atMs: 999_000 },
    { source: 'door', value: [1, 2.5], important: false, atMs: 1_000_000 },
  ])
  expect(order).toEqual(['reading door', 'edge 999000', 'reading door', 'reading door'])
  expect(sensors.status).toEqual({ door: { driver: 'cpu-temperature', unit: '°C', fault: null } })
})

test('a fault is told, hurts no other sensor, and ends with the next reading', async () => {
  const clock = new SleepingClock()
  const log = notebook()
  let broken = true
  const good: Voice = async function* ({ signal }) {
    while (!signal.aborted) {
      yield { value: 1, takenAt: instantOf(clock), isEdge: false }
      await clock.sleep(60_000)
    }
  }
  const bad: Voice = async function* (context) {
    if (broken) throw new Error('the wire is cut')
    yield* good(context)
  }
  const { sensors, taken, faults } = await started({ bad, good }, clock, log)
  await until(() => taken.length > 5)
  expect(taken.every(({ source }) => source === 'good')).toBe(true)
  expect(sensors.status).toEqual({
    bad: { driver: 'cpu-temperature', unit: '°C', fault: 'the wire is cut' },
    good: { driver: 'cpu-temperature', unit: '°C', fault: null },
  })
  broken = false
  await until(() => taken.some(({ source }) => source === 'bad'))
  expect(sensors.status.bad?.fault).toBeNull()
  // Told when it comes and when it goes, not at each try.
  expect(faults).toEqual([
    ['the wire is cut', null],
    [null, null],
  ])
  // One line for a fault however often it is tried, and one when it is over.
  expect(log.lines.filter((line) => line.includes('bad'))).toEqual([
    'sensor bad: the wire is cut; trying again in 1 s',
    'sensor bad: it can be read again',
  ])
})

test('pauses between tries grow to a minute, and begin anew after a reading', async () => {
  const clock = new SleepingClock()
  const tries: number[] = []
  const voice: Voice = async function* () {
    tries.push(clock.monotonic())
    if (tries.length === 10) yield { value: 1, takenAt: instantOf(clock), isEdge: false }
    throw new Error('no')
  }
  await started({ sensor: voice }, clock)
  await until(() => tries.length >= 12)
  const pauses = tries.slice(1, 12).map((at, i) => (at - (tries[i] ?? 0)) / 1000)
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 1, 2])
})

test('a driver that ends by itself is a fault too, and a long one is cut to what the protocol takes', async () => {
  const { sensors } = await started({
    ended: async function* () {},
    wordy: async function* () {
      yield* []
      throw new Error('x'.repeat(1000))
    },
  })
  await until(() => Object.values(sensors.status).every(({ fault }) => fault !== null))
  expect(sensors.status.ended?.fault).toBe('it has stopped')
  expect(sensors.status.wordy?.fault).toHaveLength(256)
})

test('a file that does not answer holds up no end', async () => {
  let asked = false
  const { sensors } = await started({
    silent: (context) =>
      every(1000, context, () => {
        asked = true
        return new Promise(() => {})
      }),
  })
  await until(() => asked)
  await sensors.close()
  expect(sensors.status.silent?.fault).toBeNull()
})

test('nothing is read after the end', async () => {
  const clock = new SleepingClock()
  const { sensors, taken } = await started({
    sensor: async function* () {
      for (;;) {
        yield { value: 1, takenAt: instantOf(clock), isEdge: false }
        await clock.sleep(1000)
      }
    },
  })
  await until(() => taken.length > 0)
  await sensors.close()
  const { length } = taken
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(taken).toHaveLength(length)
})

test('without a list those of the system run that this machine has, and the others are told of in one line', async () => {
  const log = notebook()
  const taken: string[] = []
  const sensors = new Sensors({
    sensors: null,
    dataDir: await temporaryFolder(),
    clock: { ...new SleepingClock(), now: () => 1, monotonic: () => performance.now(), sleep: (ms) => pause(ms) },
    log,
    take: async ({ source, bytes }) => taken.push(`${source} ${new TextDecoder().decode(bytes)}`),
    onEdge: () => {},
    onFault: () => {},
  })
  await sensors.start()
  onTestFinished(() => sensors.close())
  const names = Object.keys(sensors.status)
  expect(names).toEqual(expect.arrayContaining(['cpu-load', 'disk']))
  expect(names).not.toContain('gpio')
  expect(log.lines.filter((line) => line.includes('this machine has no')).length).toBe(names.length < 4 ? 1 : 0)
  await until(() => ['cpu-load', 'disk'].every((name) => taken.some((line) => line.startsWith(`${name} {"value":`))))
  expect(sensors.status.disk).toEqual({ driver: 'disk', unit: '%', fault: null })
})

/** Long pauses are cut short, so that the test ends. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(ms, 50)))
}

test('a contact that chatters is read, but its edges are not all important; those of a busy one are', async () => {
  const clock = new SleepingClock(1_000_000)
  const edges = (every: number, count: number): Voice =>
    async function* ({ signal }) {
      for (let i = 0; i < count; i++) {
        const atMs = i * every
        yield { value: i % 2, takenAt: { wallMs: 1_000_000 + atMs, monotonicMs: atMs }, isEdge: true }
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
  const log = notebook()
  const { taken, order } = await started({ loose: edges(20, 3000), busy: edges(1500, 300) }, clock, log)
  await until(() => taken.length === 3300)
  const important = (name: string) => taken.filter(({ source, important }) => source === name && important).length
  // A minute of it: 60 at once, and then one each second.
  expect(important('loose')).toBeGreaterThanOrEqual(118)
  expect(important('loose')).toBeLessThanOrEqual(121)
  expect(important('busy')).toBe(300)
  expect(order.filter((what) => what.startsWith('edge'))).toHaveLength(important('loose') + 300)
  expect(log.lines.filter((line) => line.includes('sensor loose: it changes so often')).length).toBeLessThan(15)
})
