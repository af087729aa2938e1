import { expect, test } from 'vitest'
import { timeBlockFolds } from '../src/evaluation/folds.ts'
import type { Sample } from '../src/index.ts'

function samplesAt(state: string, minutes: number[]): Sample[] {
  return minutes.map((minute) => ({
    frame: `pi/cam/${state}-${minute}`,
    capturedAtMs: minute * 60_000,
    state,
    features: [],
  }))
}

const minutesOf = (samples: Sample[], state: string) =>
  samples.filter((sample) => sample.state === state).map((sample) => sample.capturedAtMs / 60_000)

test('every sample is tested in exactly one fold and trained on in all others', () => {
  const samples = [...samplesAt('open', [5, 1, 3, 2, 4, 6]), ...samplesAt('closed', [10, 20, 30, 40])]
  const folds = timeBlockFolds(samples, 2)
  expect(folds.flatMap(({ test }) => test).toSorted((a, b) => (a.frame < b.frame ? -1 : 1))).toEqual(
    samples.toSorted((a, b) => (a.frame < b.frame ? -1 : 1)),
  )
  for (const { train, test } of folds) {
    expect(train.length + test.length).toBe(samples.length)
    expect(train.some((sample) => test.includes(sample))).toBe(false)
  }
})

test('a fold tests one block of time of every state', () => {
  const folds = timeBlockFolds([...samplesAt('open', [4, 2, 1, 3]), ...samplesAt('closed', [1, 2, 3, 4])], 2)
  expect(minutesOf(folds[0]?.test ?? [], 'open').toSorted()).toEqual([1, 2])
  expect(minutesOf(folds[1]?.test ?? [], 'closed')).toEqual([3, 4])
})

test('a burst of frames is not cut in two', () => {
  const burst = [100, 100.1, 100.2, 100.3, 100.4]
  const folds = timeBlockFolds(samplesAt('open', [1, 20, 40, ...burst]), 2)
  const inFirst = minutesOf(folds[0]?.test ?? [], 'open')
  expect(inFirst).toEqual([1, 20, 40])
})
