import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { needsProgram } from '../../test/setup/needs.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { addResults, InfluxParts } from './influx-parts.ts'
import { Influxd } from './influxd.ts'
import { CAMERA, Recording } from './recording.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

beforeEach((context) => needsProgram('influxd', 'influxdb', context))

const urlOf = (influxd: Influxd, name: string) => `http://127.0.0.1:${influxd.port}/${name}`

async function database() {
  const opened = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => opened.close())
  return opened
}

const MEASUREMENTS = ['result', 'probability', 'transition', 'reading']

async function allIn(influxd: Influxd, name: string) {
  const found: Record<string, object[]> = {}
  for (const one of MEASUREMENTS) found[one] = await influxd.query(name, `select * from "${one}"`)
  return found
}

const countIn = async (influxd: Influxd, name: string, measurement: string, field: string) => {
  const [row] = await influxd.query(name, `select count(${field}) from ${measurement}`).catch(() => [])
  return Number(row?.count ?? 0)
}

test('a backfill writes the very points that were sent when it was recorded', { timeout: 60_000 }, async () => {
  const influxd = await Influxd.start(onTestFinished)
  const recording = await Recording.start(onTestFinished)
  const { database } = recording
  const live = new InfluxParts(database, urlOf(influxd, 'live'))
  const copy = new InfluxParts(database, urlOf(influxd, 'copy'))
  await live.targets.goTo(live.target)
  const HOUR = 3_600_000
  recording.now = HOUR
  await recording.see([...'AAABBBAAA'].map((state, i) => [HOUR + (i + 1) * 1000, state]))
  await recording.see([[HOUR + 10_000, 'unknown']])
  // Late frames: the past is told again, and a transition that was told did not happen.
  await recording.see([4500, 4600, 4700, 5500, 5600].map((at) => [HOUR + at, 'A']))
  recording.now = HOUR + 60_000
  await recording.recorder.sweep()
  const skipped = { camera: CAMERA, received_at: HOUR, stored_at: HOUR, classified_at: null, recorded_at: HOUR + 90 }
  const frame = { ...skipped, size: 1, sha256: new Uint8Array(32), late: 0, outcome: 'skipped' } as const
  await database.write
    .insertInto('frames')
    .values([
      { ...frame, captured_at: HOUR + 20_000, code: null },
      { ...frame, captured_at: HOUR + 20_001, code: 'imported' },
    ])
    .execute()
  const sink = live.startSink(onTestFinished)
  await until(async () => sink.isWell && (await sink.waiting()) === 0)

  await copy.targets.goTo(copy.target)
  await influxd.query('', 'create database copy')
  const done = await copy.backfill().run(copy.told())
  const [sent, filled] = [await allIn(influxd, 'live'), await allIn(influxd, 'copy')]
  const told = (sent.transition ?? []) as { superseded: boolean; time: number }[]
  expect(told.some(({ superseded }) => superseded)).toBe(true)
  expect(filled.transition).toEqual(told.filter(({ superseded }) => !superseded))
  expect(filled.probability).toEqual(sent.probability)
  // This frame went past the recorder, which is what sends: it is in the copy alone.
  const other = { camera: 'cam', device: 'pi', model: 'none', state: 'unknown', skipped: true, pipeline_ms: 90 }
  expect(filled.result?.filter((row) => (row as typeof other).skipped)).toEqual([expect.objectContaining(other)])
  expect(filled.result?.filter((row) => !(row as typeof other).skipped)).toEqual(sent.result)
  expect(sent.result).toHaveLength(15)
  expect(done).toEqual({ points: Object.values(filled).flat().length, results: 15, from: 0, tooOld: 0 })
  expect(await copy.row()).toMatchObject({ missing_from: null, backfill_json: null })
})

describe('many results', () => {
  const COUNT = 12_000

  test('stopped half-way it goes on from there, and each is there once', { timeout: 90_000 }, async () => {
    const influxd = await Influxd.start(onTestFinished)
    const state = await database()
    const from = Date.now() - 100_000_000
    for (const camera of ['pi/a', 'pi/b']) await addResults(state, camera, from, COUNT / 2)
    const first = new InfluxParts(state, urlOf(influxd, 'ajar'))
    await first.targets.goTo(first.target)
    await influxd.query('', 'create database ajar')
    const stop = new AbortController()
    let written = 0
    const ended = first.backfill().run(
      first.told(stop.signal, (phase, progress) => {
        if (phase === 'results' && progress > 0.2) stop.abort()
      }),
    )
    await expect(ended).rejects.toThrow()
    written = await countIn(influxd, 'ajar', 'result', 'latency_ms')
    expect(written).toBeGreaterThan(0)
    expect(written).toBeLessThan(COUNT)

    await influxd.kill()
    const failing = new InfluxParts(state, urlOf(influxd, 'ajar'))
    const refusal = { code: 'influx_unavailable', fault: 'environment' }
    await expect(failing.backfill().run(failing.told())).rejects.toMatchObject(refusal)
    await influxd.start()
    // Another process begins it anew: nothing is known but what its row says.
    const second = new InfluxParts(state, urlOf(influxd, 'ajar'))
    const shares: number[] = []
    const done = await second.backfill().run(second.told(undefined, (_, progress) => shares.push(progress)))
    expect(second.lines[0]).toMatch(/^goes on with results pi\/[ab]; \d+ points are there$/)
    expect(done).toEqual({ points: 3 * COUNT, results: COUNT, from: 0, tooOld: 0 })
    expect(await countIn(influxd, 'ajar', 'result', 'latency_ms')).toBe(COUNT)
    expect(await countIn(influxd, 'ajar', 'probability', 'value')).toBe(2 * COUNT)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect(shares[0]).toBeGreaterThan(0.2)
  })

  test('what goes missing meanwhile is brought by the next one', { timeout: 60_000 }, async () => {
    const influxd = await Influxd.start(onTestFinished)
    const state = await database()
    await addResults(state, 'pi/a', 1_000_000, 3000)
    const parts = new InfluxParts(state, urlOf(influxd, 'ajar'))
    await parts.targets.goTo(parts.target)
    let isLost = false
    await parts.backfill().run(
      parts.told(undefined, (phase, progress) => {
        if (phase !== 'results' || progress < 0.5 || isLost) return
        isLost = true
        // A point of the middle was dropped while the end was written.
        void parts.targets.missFrom(state.write, parts.target, 2_000_000)
      }),
    )
    // The database was made, and a point was dropped.
    expect(await parts.row()).toMatchObject({ missing_from: 0, gaps: 2 })
    expect(parts.lines).toEqual(['more went missing meanwhile: another backfill brings it'])
    expect(await parts.backfill().run(parts.told())).toMatchObject({ results: 3000 })
    expect(await parts.row()).toMatchObject({ missing_from: null, gaps: 2 })

    await parts.targets.missFrom(state.write, parts.target, 2_000_000)
    expect(await parts.backfill().run(parts.told())).toEqual({
      points: 6000,
      results: 2000,
      from: 2_000_000,
      tooOld: 0,
    })
  })

  test('what InfluxDB does not keep any more is left out and counted', { timeout: 60_000 }, async () => {
    const influxd = await Influxd.start(onTestFinished)
    const state = await database()
    const DAY = 86_400_000
    const now = Date.now()
    await addResults(state, 'pi/a', now - 10 * DAY, 500)
    await addResults(state, 'pi/b', now - 20 * DAY, 25_000)
    await addResults(state, 'pi/b', now - DAY, 700)
    await influxd.query('', 'create database ajar')
    await influxd.query('', 'alter retention policy autogen on ajar duration 3d shard duration 1d')
    const told = new InfluxParts(state, urlOf(influxd, 'ajar'))
    await told.targets.goTo(told.target)
    const known = await told.backfill({ keptMs: () => 3 * DAY }).run(told.told())
    expect(known).toMatchObject({ points: 2100, results: 700, tooOld: 25_500 })
    expect(Math.abs(known.from - (now - 3 * DAY))).toBeLessThan(60_000)
    expect(await countIn(influxd, 'ajar', 'result', 'latency_ms')).toBe(700)
    // Where it does not say how long it keeps them, it refuses them.
    await told.targets.missFrom(state.write, told.target, 0)
    const unknown = await told.backfill().run(told.told())
    expect(unknown).toMatchObject({ points: 2100, results: 26_200, tooOld: 3 * 25_500 })
    expect(told.refused.every(({ points }) => points === 0)).toBe(true)
    expect(await told.row()).toMatchObject({ missing_from: null })
  })

  test('points that were just recorded go before it', { timeout: 60_000 }, async () => {
    const influxd = await Influxd.start(onTestFinished)
    const state = await database()
    await addResults(state, 'pi/a', 1_000_000, 10)
    const parts = new InfluxParts(state, urlOf(influxd, 'ajar'))
    await parts.targets.goTo(parts.target)
    let waiting = 5000
    const asked: number[] = []
    const running = parts.backfill({
      waiting: async () => {
        asked.push(waiting)
        return waiting
      },
    })
    const done = running.run(parts.told())
    await until(() => asked.length > 3)
    expect(await countIn(influxd, 'ajar', 'result', 'latency_ms')).toBe(0)
    waiting = 0
    expect(await done).toMatchObject({ results: 10 })
    // In trouble, it does not stand there for ever.
    await parts.targets.missFrom(state.write, parts.target, 0)
    await expect(parts.backfill({ waiting: async () => null }).run(parts.told())).rejects.toMatchObject({
      fault: 'environment',
    })
  })
})
