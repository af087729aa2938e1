import { expect, test } from 'vitest'
import { csiView, evaluate, judge, openHead, plainView, type Sample, trainHead, viewFlaw } from '../src/index.ts'
import { randomStream } from '../src/random.ts'
import { gauss, packet, samplesOf } from './waves.ts'

/** What nobody should send, and what is much. */

const SHOWN = { spread: 127 }

function plain(states: string[], each: number, length: number, number: (k: number, j: number) => number): Sample[] {
  return states.flatMap((state, k) =>
    Array.from({ length: each }, (_, i): Sample => {
      const at = 1_795_286_400_000 + (k * each + i) * 500
      const features = [Float32Array.from({ length }, (_, j) => number(k, j))]
      return { frame: `pi/plain/${at}`, capturedAtMs: at, state, features }
    }),
  )
}

test('numbers that never move count nothing, and a scalar is a vector of one', { timeout: 60_000 }, async () => {
  const random = randomStream(1)
  const constant = plain(['off', 'on'], 30, 3, (k, j) => (j === 1 ? 1e6 * k + gauss(random) : 7))
  const head = await trainHead(constant, { states: ['off', 'on'], view: plainView(3) })
  expect(judge(head, constant).every(({ truth, said }) => truth === said)).toBe(true)
  expect(head.estimators.map(({ name }) => name)).toEqual(['value'])
  const still = plain(['off', 'on'], 5, 2, () => 3)
  const idle = await trainHead(still, { states: ['off', 'on'], view: plainView(2) })
  expect(openHead(idle).predict(Float32Array.from([3, 3]), SHOWN).confidence).toBeCloseTo(0.5, 3)
  const scalar = plain(['off', 'on'], 2, 1, (k) => 20 * k + random())
  const small = await trainHead(scalar, { states: ['off', 'on'], view: plainView(1) })
  expect(openHead(small).predict(Float32Array.from([20.5]), SHOWN)).toMatchObject({ state: 'on', unlike: null })
})

test('what resembles nothing that was learned from is unlike it, however wild', { timeout: 60_000 }, async () => {
  const states = ['closed', 'open']
  const head = await trainHead(samplesOf({ states, each: 40 }), { states, view: csiView() })
  const { predict } = openHead(head)
  const others = samplesOf({ states, each: 50, seed: 9 })
  const unlike = others.filter(({ features }) => predict(features[0] as Float32Array, SHOWN).unlike)
  expect(unlike.length / others.length).toBeLessThan(0.05)
  const elsewhere = Float32Array.from(others[0]?.features[0] as Float32Array, (value, i) =>
    i % 5 ? value : 3 * value + 2,
  )
  expect(predict(elsewhere, SHOWN)).toMatchObject({ unlike: 'unlike_training' })
  const wild = predict(new Float32Array(106).fill(1e15), SHOWN)
  expect(wild.unlike).toBe('unlike_training')
  expect(Object.values(wild.probabilities).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6)
  expect(wild.novelty).toBeLessThanOrEqual(1)
})

test('a number that is none is refused before anything is learned', async () => {
  const samples = plain(['a', 'b'], 5, 2, (k) => k)
  ;(samples[3]?.features[0] as Float32Array)[1] = Number.NaN
  const refused = { code: 'bad_samples', message: /holds a number that is none/ }
  await expect(trainHead(samples, { states: ['a', 'b'], view: plainView(2) })).rejects.toMatchObject(refused)
  await expect(evaluate(samples, { states: ['a', 'b'], view: plainView(2) })).rejects.toMatchObject(refused)
  const shorter = { code: 'bad_samples', message: /2 numbers instead of 3/ }
  await expect(trainHead(samples, { states: ['a', 'b'], view: plainView(3) })).rejects.toMatchObject(shorter)
})

test.for([
  ['no parts', { parts: [], window: 1 }, /no parts/],
  ['a part called fused', { parts: [{ name: 'fused', length: 1, kind: 'value' as const }], window: 1 }, /fused/],
  ['5,000 numbers', plainView(5000), /4096 are the most/],
  ['a window of a hundred', { ...plainView(1), window: 100 }, /window is 100/],
  ['a part of half a number', plainView(0.5), /length of 0.5/],
] as const)('a view with %s is none', ([, view, words]) => {
  expect(viewFlaw(view as never)).toMatch(words)
  expect(viewFlaw(csiView())).toBe(null)
})

test('twenty thousand packets and sixty-four states of 4096 numbers are learned in bounded time', {
  timeout: 300_000,
}, async () => {
  const random = randomStream(2)
  const packets = plain(['0', '90'], 10_000, 1, () => 0).map((sample) => ({
    ...sample,
    features: [packet(sample.state === '0' ? 0 : 0.5, 0.5, random)],
  }))
  const head = await trainHead(packets, { states: ['0', '90'], view: plainView(106) })
  expect(judge(head, packets.slice(0, 200)).filter(({ truth, said }) => truth === said).length).toBeGreaterThan(150)
  const states = Array.from({ length: 64 }, (_, i) => `s${i}`)
  const long = plain(states, 8, 4096, (k, j) => (j % 64 === k ? 3 : 0) + gauss(random))
  const wide = await trainHead(long, { states, view: plainView(4096) })
  const right = judge(wide, long).filter(({ truth, said }) => truth === said)
  expect(right.length / long.length).toBeGreaterThan(0.9)
})

test('a training can be cancelled', async () => {
  const samples = samplesOf({ states: ['a', 'b'], each: 30 })
  const abort = new AbortController()
  const training = trainHead(samples, {
    states: ['a', 'b'],
    view: csiView(),
    signal: abort.signal,
    onProgress: () => abort.abort(),
  })
  await expect(training).rejects.toMatchObject({ code: 'cancelled' })
})
