import { describe, expect, onTestFinished, test } from 'vitest'
import { asKept, pointsIn } from './outbox.ts'
import { CAMERA, classified, Recording } from './recording.ts'

const TAGS = { device: 'pi', camera: 'cam' }
const resultOf = (fields: object) => ({ latency_ms: 5, pipeline_ms: 20, skipped: false, late: false, ...fields })

describe('a frame that ended becomes', () => {
  test('a point with its state and model, and one for each state that the model knows', async () => {
    const recording = await Recording.start(onTestFinished)
    const one = classified(1000, 'A')
    if (one.answer.kind !== 'predicted') throw new Error('it is predicted')
    one.answer.prediction.probabilities = { A: 0.95, B: 0.05 }
    await recording.recorder.record(one)
    expect(await pointsIn(recording.database)).toEqual([
      {
        measurement: 'result',
        tags: { ...TAGS, state: 'A', model: `${CAMERA}@1` },
        fields: resultOf({ confidence: 0.95, probability: 0.95 }),
        timestamp: 1000,
      },
      { measurement: 'probability', tags: { ...TAGS, state: 'A' }, fields: { value: 0.95 }, timestamp: 1000 },
      { measurement: 'probability', tags: { ...TAGS, state: 'B' }, fields: { value: 0.05 }, timestamp: 1000 },
    ])
  })

  test('a point of `unknown` with the reason and without a probability, where no state is earned', async () => {
    const recording = await Recording.start(onTestFinished)
    await recording.see([[1000, 'unknown']])
    const [point] = await pointsIn(recording.database, 'result')
    expect(point?.tags).toEqual({ ...TAGS, state: 'unknown', model: `${CAMERA}@1` })
    expect(point?.fields).toEqual(resultOf({ confidence: 0.4, reason: 'low_confidence' }))
  })

  test('a point without a confidence, where there was no model to have one', async () => {
    const recording = await Recording.start(onTestFinished)
    const answer = { kind: 'no_model', latencyMs: 0 } as const
    await recording.recorder.record({ ...classified(1000, 'A'), model: null, answer })
    const [point, ...more] = await pointsIn(recording.database)
    expect(point?.tags).toEqual({ ...TAGS, state: 'unknown', model: 'none' })
    expect(point?.fields).toEqual(resultOf({ latency_ms: 0, reason: 'no_model' }))
    expect(more).toEqual([])
  })

  test('a point that says so where it was skipped; none where it was refused, or came with its label', async () => {
    const recording = await Recording.start(onTestFinished)
    recording.now = 4000
    const end = (capturedAt: number, answer: object) =>
      recording.recorder.record({ ...classified(capturedAt, 'A'), answer } as ReturnType<typeof classified>)
    await end(1000, { kind: 'skipped' })
    await end(2000, { kind: 'skipped', code: 'imported' })
    await end(3000, { kind: 'refused', code: 'truncated', reason: 'cut off' })
    expect(await pointsIn(recording.database)).toEqual([
      {
        measurement: 'result',
        tags: { ...TAGS, state: 'unknown', model: 'none' },
        fields: { pipeline_ms: 3000, skipped: true, late: false },
        timestamp: 1000,
      },
    ])
  })

  test('nothing where no points are wanted', async () => {
    const recording = await Recording.start(onTestFinished, { influx: false })
    await recording.see([1, 2, 3].map((i) => [i * 1000, 'A']))
    await recording.recorder.record({ ...classified(4000, 'A'), answer: { kind: 'skipped' } })
    await recording.see([[500, 'B']])
    recording.now += 60_000
    await recording.recorder.sweep()
    expect(await recording.count('transitions')).toBeGreaterThan(0)
    expect(await recording.count('influx_outbox')).toBe(0)
  })
})

test('a change becomes a point with the states before and after; one that frames ended by stopping has no confidence', async () => {
  const recording = await Recording.start(onTestFinished)
  const began = recording.now
  await recording.see([1, 2, 3].map((i) => [began + i, 'A']))
  recording.now += 200_000
  await recording.recorder.sweep()
  const [to, from] = await pointsIn(recording.database, 'transition')
  expect(to).toEqual({
    measurement: 'transition',
    tags: { ...TAGS, state: 'A' },
    fields: { from: 'unknown', to: 'A', confidence: 0.95, superseded: false },
    timestamp: began + 1,
  })
  expect(from).toMatchObject({ tags: { ...TAGS, state: 'unknown' }, timestamp: began + 200_000 })
  expect(from?.fields).toEqual({ from: 'A', to: 'unknown', reason: 'stale', superseded: false })
})

/** What InfluxDB holds of changes that happened, and the rows that tell of them. */
async function changes(recording: Recording) {
  const kept = asKept(await pointsIn(recording.database, 'transition'))
  const happened = kept.filter(({ fields }) => fields.superseded === false)
  const rows = await recording.database.read.selectFrom('transitions').selectAll().orderBy('at').execute()
  return {
    points: happened.map(({ tags, fields, timestamp }) => [timestamp, fields.from, tags.state, fields.reason ?? null]),
    rows: rows.map(({ at, from_state, to_state, reason }) => [at, from_state, to_state, reason]),
    superseded: kept.length - happened.length,
  }
}

test('late frames that take a change back have its point say so', async () => {
  const recording = await Recording.start(onTestFinished)
  await recording.see([11, 12, 13].map((i) => [i * 1000, 'A']))
  await recording.see([1, 2, 3].map((i) => [i * 1000, 'A']))
  recording.now += 60_000
  await recording.recorder.sweep()
  expect(await recording.history()).toEqual(['1000:unknown>A'])
  const points = await pointsIn(recording.database, 'transition')
  expect(points.map(({ timestamp, fields }) => [timestamp, fields.superseded])).toEqual([
    [11_000, false],
    [11_000, true],
    [1000, false],
  ])
  const { rows, points: kept, superseded } = await changes(recording)
  expect(kept).toEqual(rows)
  expect(superseded).toBe(1)
})

test('told again without a difference, changes cost no points', async () => {
  const recording = await Recording.start(onTestFinished)
  await recording.see([1, 2, 3, 5].map((i) => [i * 1000, 'A']))
  await recording.see([[4000, 'A']])
  const before = (await pointsIn(recording.database, 'transition')).length
  recording.now += 60_000
  await recording.recorder.sweep()
  expect(await pointsIn(recording.database, 'transition')).toHaveLength(before)
})

test('a second change of the same instant takes the place of the first', async () => {
  const recording = await Recording.start(onTestFinished)
  recording.debounce = 1
  await recording.see([[recording.now, 'A']])
  recording.now += 200_000
  await recording.recorder.sweep()
  await recording.see([[recording.now, 'B']])
  const { rows, points, superseded } = await changes(recording)
  expect(rows.at(-1)?.slice(0, 3)).toEqual([recording.now, 'unknown', 'B'])
  expect(points).toEqual(rows)
  expect(superseded).toBe(1)
})

describe('whatever order frames come in, the changes in InfluxDB are those of state.db', () => {
  test.each(Array.from({ length: 12 }, (_, i) => i + 1))('seed %i', async (seed) => {
    const next = random(seed)
    const recording = await Recording.start(onTestFinished)
    recording.debounce = 1 + Math.floor(next() * 3)
    const began = recording.now
    let letter = 'A'
    // Some frames in a row agree, and some are so far apart that the state is forgotten in between.
    let at = began
    const frames = Array.from({ length: 60 }, (): [number, string] => {
      if (next() < 0.3) letter = ['A', 'B', 'unknown'][Math.floor(next() * 3)] as string
      at += next() < 0.1 ? 100_000 : 1000
      return [at, letter]
    })
    let superseded = 0
    while (frames.length > 0) {
      const from = Math.floor(next() * Math.min(frames.length, 20))
      await recording.see(frames.splice(from, 1 + Math.floor(next() * 6)))
      if (next() < 0.5) {
        recording.now += next() < 0.3 ? 100_000 : 3000
        await recording.recorder.sweep()
      }
      const told = await changes(recording)
      expect(told.points).toEqual(told.rows)
      superseded = told.superseded
    }
    expect(superseded).toBeGreaterThan(0)
  })
})

/** A generator of numbers in [0, 1) that gives the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
