import { expect, test } from 'vitest'
import { APART_MS, byState, type Fold, timeFolds } from '../src/evaluation/folds.ts'
import type { Sample } from '../src/index.ts'
import { randomStream } from '../src/random.ts'

const MINUTE = 60_000
const HOUR = 60
const states = ['open', 'closed']

function at(state: string, minutes: number[], more: Partial<Sample> = {}): Sample[] {
  const camera = more.borrowed ? 'pi/other' : 'pi/cam'
  return minutes.map((minute) => ({
    frame: `${camera}/${state}-${minute}`,
    capturedAtMs: minute * MINUTE,
    state,
    features: [],
    ...more,
  }))
}

const minutesOf = (samples: Sample[], state: string) =>
  samples.filter((sample) => sample.state === state).map((sample) => sample.capturedAtMs / MINUTE)

/** What must hold of every split, however the frames lie. */
function check(folds: Fold[], samples: Sample[], more: Sample[]) {
  const tested = folds.flatMap(({ test }) => test)
  expect(new Set(tested).size, 'no frame is judged twice').toBe(tested.length)
  expect(tested.every((sample) => samples.includes(sample))).toBe(true)
  for (const { train, test } of folds) {
    expect(new Set(train).size).toBe(train.length)
    expect(train.every((sample) => samples.includes(sample) || more.includes(sample))).toBe(true)
    for (const state of states)
      expect(train.filter((sample) => sample.state === state).length).toBeGreaterThanOrEqual(2)
    const nearest = Math.min(
      ...test.flatMap((one) => train.map((other) => Math.abs(one.capturedAtMs - other.capturedAtMs))),
    )
    expect(nearest, 'ten minutes between what is tested and what was learned').toBeGreaterThanOrEqual(APART_MS)
  }
}

type Random = () => number
const between = (random: Random, low: number, high: number) => low + random() * (high - low)

/** Ways in which people come to label frames. */
const TIMELINES: Record<string, (random: Random) => Sample[]> = {
  'bursts of one state': (random) =>
    Array.from({ length: 12 }, (_, i) => {
      const from = i * between(random, 5, 200)
      const length = Math.ceil(between(random, 1, 10))
      return at(
        states[i % 2] ?? '',
        Array.from({ length }, (_, k) => from + k / 10),
      )
    }).flat(),
  'bursts across states': (random) =>
    Array.from({ length: 9 }, (_, i) => {
      const from = i * between(random, 10, 90)
      return states.flatMap((state, k) =>
        at(
          state,
          Array.from({ length: 4 }, (_, j) => from + k + j / 7),
        ),
      )
    }).flat(),
  'steady, states in turn': (random) => {
    const step = between(random, 0.2, 30)
    return Array.from({ length: 60 }, (_, i) => at(states[i % 2] ?? '', [i * step])).flat()
  },
  'one state after the other': (random) => {
    const step = between(random, 0.5, 8)
    return Array.from({ length: 60 }, (_, i) => at(i < 35 ? 'open' : 'closed', [i * step])).flat()
  },
  'anyhow, one state rare': (random) =>
    Array.from({ length: 70 }, () => at(random() < 0.15 ? 'open' : 'closed', [between(random, 0, 2000)])).flat(),
}

test.each(Object.keys(TIMELINES))('%s: never within ten minutes on both sides', (kind) => {
  let judged = 0
  for (let seed = 1; seed <= 40; seed++) {
    const random = randomStream(seed)
    const samples = TIMELINES[kind]?.(random) ?? []
    const more = seed % 2 === 0 ? [] : at('open', [3, 333, 700.5], { borrowed: true })
    const folds = timeFolds(samples, { states, more })
    check(folds, samples, more)
    expect(timeFolds(samples, { states, more })).toEqual(folds)
    judged += folds.flatMap(({ test }) => test).length
  }
  expect(judged).toBeGreaterThan(400) // it is not kept by judging nothing
})

test('frames with hours between them are all judged, each block of a state in one of five folds', () => {
  const samples = [
    ...at(
      'open',
      [1, 2, 3, 4, 5, 6].map((hour) => hour * HOUR),
    ),
    ...at(
      'closed',
      [1, 2, 3, 4, 5, 6, 7].map((hour) => hour * HOUR + 30),
    ),
  ]
  const folds = timeFolds(samples, { states })
  expect(folds).toHaveLength(5)
  expect(folds.flatMap(({ test }) => test)).toHaveLength(samples.length)
  for (const { train, test } of folds) {
    expect([...byState(test).keys()].sort()).toEqual(['closed', 'open'])
    expect(train.length + test.length).toBe(samples.length)
  }
})

test('no burst is cut in two where the cut may as well lie in a pause', () => {
  const bursts = [5, 7, 6, 6, 6].map((length, i) => Array.from({ length }, (_, k) => i * 3 * HOUR + k / 2))
  const folds = timeFolds(
    states.flatMap((state, i) =>
      at(
        state,
        bursts.flat().map((minute) => minute + i * HOUR),
      ),
    ),
    { states },
  )
  expect(folds.map(({ test }) => minutesOf(test, 'open'))).toEqual(bursts)
})

test('what was labelled within minutes is not judged at all', () => {
  const minutes = Array.from({ length: 20 }, (_, i) => i / 4)
  expect(timeFolds([...at('open', minutes), ...at('closed', minutes)], { states })).toEqual([])
})

test('a frame that is only judged goes where nothing within ten minutes was learned, and changes no fold', () => {
  const hours = [1, 2, 3, 4, 5].map((hour) => hour * HOUR)
  const samples = states.flatMap((state) => at(state, hours))
  const besides = at('open', [2 * HOUR + 3, 100 * HOUR], { judgeOnly: true })
  const folds = timeFolds(samples, { states, besides })
  check(folds, [...samples, ...besides], [])
  const judged = folds.flatMap(({ test }) => test)
  expect(besides.every((sample) => judged.includes(sample))).toBe(true)
  expect(folds.flatMap(({ train }) => train).some(({ judgeOnly }) => judgeOnly)).toBe(false)
  const far = folds.find(({ test }) => test.includes(besides[1] as Sample))
  expect(far?.train).toHaveLength(samples.length)
  const without = timeFolds(samples, { states })
  expect(folds.slice(1).map(({ train }) => train)).toEqual(without.map(({ train }) => train))
})
