import { expect, test } from 'vitest'
import { evaluate, type Sample } from '../src/index.ts'
import { randomStream } from '../src/random.ts'

const CHANNELS = 8
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const states = ['closed', 'open']

/** A grid of noise in which one cell says the state. */
function grid(random: () => number, level: number, cell = 5): Float32Array {
  const features = Float32Array.from({ length: 16 * CHANNELS }, () => 1 + 0.3 * random())
  features.fill(level, cell * CHANNELS, cell * CHANNELS + 2)
  return features
}

interface Kind {
  /** Between frames. */
  everyMs?: number
  seed?: number
  more?: Partial<Sample>
}

/** The states in turn, each easily told. */
function frames(perState: number, { everyMs = HOUR, seed = 1, more = {} }: Kind = {}): Sample[] {
  const random = randomStream(seed)
  return Array.from({ length: perState * states.length }, (_, i) => {
    const state = states[i % states.length] as string
    return {
      frame: `${more.borrowed ? 'pi/other' : 'pi/cam'}/${seed}-${i}`,
      capturedAtMs: i * everyMs,
      state,
      features: [grid(random, state === 'open' ? 2.5 : 0.2)],
      brightness: i % 4 < 2 ? 120 : 20,
      ...more,
    }
  })
}

async function evaluated(samples: Sample[], seed = 1) {
  const { evaluation, verdict } = await evaluate(samples, { states, seed })
  if (!evaluation) throw new Error(verdict)
  return evaluation
}

test('an easy camera is ready, with every frame judged once', async () => {
  const evaluation = await evaluated(frames(30))
  expect(evaluation).toMatchObject({ balancedAccuracy: 1, verdict: 'ready', advice: null, wrong: [], suspects: [] })
  expect(evaluation).toMatchObject({ folds: 5, frames: 60, judgedOn: 'own', apartMs: 10 * MINUTE })
  expect(evaluation.confusion).toEqual([
    [30, 0],
    [0, 30],
  ])
  expect(evaluation.perState).toEqual(states.map((state) => ({ state, frames: 30, precision: 1, recall: 1 })))
  expect(evaluation.interval.high).toBe(1)
  expect(evaluation.interval.low).toBeLessThan(1)
  expect([evaluation.day?.frames, evaluation.night?.frames]).toEqual([30, 30])
  expect(evaluation.curve.map(({ share }) => share)).toEqual([0.25, 0.5, 0.75, 1])
  expect(evaluation.curve.map(({ labels }) => labels)).toEqual([12, 24, 36, 48])
})

test('five frames of each state are never ready, however well they are told', async () => {
  const { balancedAccuracy, verdict, advice } = await evaluated(frames(5))
  expect(balancedAccuracy).toBe(1)
  expect(advice?.more).toBeGreaterThan(9)
  expect(verdict).toMatch(/needs about \d+ more frames of `(closed|open)`$/)
})

test('labels without meaning are near one half', async () => {
  const random = randomStream(11)
  const samples = frames(25).map((sample) => ({ ...sample, state: states[random() < 0.5 ? 0 : 1] as string }))
  const { balancedAccuracy, wrong, verdict, temperature } = await evaluated(samples)
  expect(balancedAccuracy).toBeLessThan(0.75)
  expect(wrong.length).toBeGreaterThan(5)
  expect(verdict).toMatch(/needs about \d+ more frames of `(closed|open)`/)
  expect(temperature).toBeGreaterThan(1.5) // nothing of it is sure
})

test('what is wrong at night is asked for at night', async () => {
  const random = randomStream(3)
  const samples = frames(30).map((sample, i) =>
    sample.brightness === 20 && sample.state === 'open' && i % 8 < 4
      ? { ...sample, features: [grid(random, 0.2)] }
      : sample,
  )
  const { day, night, advice, verdict, perState } = await evaluated(samples)
  expect(day?.balancedAccuracy).toBeGreaterThan(0.9)
  expect(night?.balancedAccuracy).toBeLessThan(0.75)
  expect(advice?.when).toBe('night')
  expect(verdict).toMatch(/at night$/)
  const open = perState.find(({ state }) => state === 'open')
  expect(open?.recall).toBeLessThan(0.8)
  expect(open?.frames).toBe(30)
})

test('a frame with the wrong label is suspected', async () => {
  const samples = frames(20)
  for (const i of [6, 21]) {
    const sample = samples[i] as Sample
    sample.state = sample.state === 'open' ? 'closed' : 'open'
  }
  const { suspects } = await evaluated(samples)
  expect(suspects.map(({ frame }) => frame).sort()).toEqual(['pi/cam/1-21', 'pi/cam/1-6'])
  expect(suspects.map(({ confidence }) => confidence)).toEqual(
    suspects.map(({ confidence }) => confidence).toSorted((a, b) => b - a),
  )
})

test('nothing is said of frames that were all taken within minutes, and what to do about it is', async () => {
  const { evaluation, verdict } = await evaluate(frames(20, { everyMs: 10_000 }), { states })
  expect(evaluation).toBeNull()
  expect(verdict).toMatch(
    /^all labelled frames of `(closed|open)` were taken within 7 minutes: label frames from other hours/,
  )
  const few = await evaluate(frames(3), { states })
  expect(few).toMatchObject({ evaluation: null, verdict: /^needs at least 1 more labelled frame of `closed`/ })
})

test('the same seed gives the same evaluation, and another one draws other parts for the curve', async () => {
  const random = randomStream(5)
  const samples = frames(20).map((sample, i) => ({
    ...sample,
    features: [grid(random, (i % 2 === 0 ? 0.9 : 1.4) + 0.8 * random())],
  }))
  const first = await evaluated(samples, 1)
  expect(await evaluated(samples, 1)).toEqual(first)
  const other = await evaluated(samples, 2)
  expect(other.confusion).toEqual(first.confusion) // nothing is drawn where all labels are learned from
  expect(other.curve.slice(0, 3)).not.toEqual(first.curve.slice(0, 3))
})

test('borrowed frames are learned from and judged only where there are no own ones', async () => {
  const borrowed = frames(10, { seed: 2, more: { borrowed: true } }).map((sample) => ({
    ...sample,
    capturedAtMs: sample.capturedAtMs + 100 * HOUR,
  }))
  expect(await evaluated([...frames(6), ...borrowed])).toMatchObject({ frames: 12, judgedOn: 'own', borrowed: 20 })
  const all = await evaluated(borrowed)
  expect(all).toMatchObject({ frames: 20, judgedOn: 'all', borrowed: 20, verdict: /of this camera/ })
})

test('a frame whose label counts no more is judged, but neither learned from nor counted', async () => {
  const samples = frames(10)
  const gone = frames(1, { seed: 7, more: { judgeOnly: true } })
  const without = await evaluate(samples, { states })
  const { evaluation, judged } = await evaluate([...samples, ...gone], { states })
  expect(evaluation).toEqual(without.evaluation)
  expect(judged.filter(({ frame }) => frame.startsWith('pi/cam/7-'))).toMatchObject(
    gone.map(({ frame, state }) => ({ frame, truth: state, said: state })),
  )
  expect(judged).toHaveLength(22)
})

test('it stops when it is cancelled', async () => {
  const cancel = new AbortController()
  const running = evaluate(frames(10), { states, signal: cancel.signal, onProgress: () => cancel.abort() })
  await expect(running).rejects.toMatchObject({ code: 'cancelled' })
})
