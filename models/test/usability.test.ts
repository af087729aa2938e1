import { expect, test } from 'vitest'
import { csiView, plainView, type Sample, usability } from '../src/index.ts'
import { randomStream } from '../src/random.ts'
import { gauss, samplesOf } from './waves.ts'

const view = csiView()

test('states that differ are apart, and two names of one state are not told apart', async () => {
  const samples = samplesOf({ states: ['0', '45', '90'], each: 60 }).map((sample, i) =>
    sample.state === '90' ? { ...sample, state: i % 2 ? '90' : '75' } : sample,
  )
  const { pairs, usable, verdict, grade, window, wider } = await usability(samples, {
    states: ['0', '45', '75', '90'],
    view,
  })
  expect(pairs).toHaveLength(6)
  expect(pairs.find(({ a, b }) => a === '0' && b === '45')).toMatchObject({ words: 'apart' })
  expect(pairs.find(({ a, b }) => a === '75' && b === '90')).toMatchObject({ words: 'not told apart' })
  expect(pairs.filter(({ words }) => words === 'not told apart')).toHaveLength(1)
  expect({ usable, grade, window, wider }).toEqual({ usable: false, grade: 'partly', window: 1, wider: null })
  expect(verdict).toMatch(
    /^`75` and `90` are not told apart; `0`, `45` and `(75|90)` can be told from one another; \d+ % of the readings got their state \(window: 1\), and 85 % would do: make one state of them/,
  )
})

test('it says which states to hold, where there are too few readings, and where each was held only once', async () => {
  const samples = samplesOf({ states: ['closed', 'open'], each: 40, holds: 1 })
  const few = samples.filter(({ state }, i) => state === 'closed' || i < 43)
  expect(await usability(few, { states: ['closed', 'open'], view })).toMatchObject({
    pairs: [{ value: null, words: 'not known' }],
    usable: false,
    verdict: /^hold `open` for some seconds/,
  })
  expect(await usability(samples, { states: ['closed', 'open'], view })).toMatchObject({
    usable: true,
    verdict:
      /^all states are apart: train; 100 % of the readings got their state \(window: 1\); `closed` and `open` were held only once/,
  })
  expect(await usability([], { states: ['closed', 'open'], view })).toMatchObject({ usable: false })
})

test('a wider window is recommended where it was computed to be better, and not where it was not', async () => {
  const random = randomStream(3)
  const states = ['closed', 'open']
  const plain = plainView(4)
  const noisy = (noise: number) =>
    Array.from({ length: 160 }, (_, i): Sample => {
      const k = Math.floor(i / 20) % 2
      const at = 1_795_286_400_000 + Math.floor(i / 20) * 120_000 + (i % 20) * 100
      const features = [Float32Array.from({ length: 4 }, () => k + noise * gauss(random))]
      return { frame: `pi/noisy/${at}`, capturedAtMs: at, state: states[k] as string, features }
    })
  const samples = noisy(1.6)
  const asked: number[] = []
  const wider = (noise: number) => async () => {
    asked.push(noise)
    // What stands for the embedding by a wider window is only as long as that.
    const look = (sample: Sample) => ({
      ...sample,
      features: [Float32Array.from({ length: 12 }, (_, i) => sample.features[0]?.[i % 4] as number)],
    })
    return { view: { ...plain, window: 8 }, samples: noisy(noise).map(look) }
  }
  const better = await usability(samples, { states, view: plain, wider: wider(0.2) })
  expect(better).toMatchObject({ grade: expect.stringMatching(/^(not|partly)$/), wider: { window: 8 } })
  expect(better.verdict).toMatch(/: a window of 8 readings gets \d+ % right: set it, then look again/)
  const same = await usability(samples, { states, view: plain, wider: wider(1.6) })
  expect(same).toMatchObject({ wider: null })
  expect(same.verdict).toMatch(/a window of 8 readings was tried and helps no more than 1: .*make one state of them/)
  await usability(noisy(0.1), { states, view: plain, wider: wider(0.3) })
  expect(asked, 'what is usable is not compared').toEqual([0.2, 1.6])
})

test('sixty-four states of long vectors are compared in memory and time that are bounded', {
  timeout: 120_000,
}, async () => {
  const random = randomStream(1)
  const states = Array.from({ length: 64 }, (_, i) => `s${i}`)
  const long = plainView(4096)
  const samples = states.flatMap((state, k) =>
    Array.from({ length: 12 }, (_, i): Sample => {
      const at = 1_795_286_400_000 + (k * 12 + i) * 2000
      const features = [Float32Array.from({ length: 4096 }, (_, j) => (j % 64 === k ? 3 : 0) + gauss(random))]
      return { frame: `pi/long/${at}`, capturedAtMs: at, state, features }
    }),
  )
  const { pairs } = await usability(samples, { states, view: long })
  expect(pairs).toHaveLength((64 * 63) / 2)
  expect(pairs.filter(({ words }) => words === 'apart').length).toBeGreaterThan(1900)
})
