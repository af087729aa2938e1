import { expect, test } from 'vitest'
import { openHead, type Sample, trainHead } from '../src/index.ts'
import { randomStream } from '../src/random.ts'

const CHANNELS = 8
const SHOWN = { spread: 40 }

/** A grid of noise in which the given cell says the state. */
function grid(random: () => number, level: number, cell = 5): Float32Array {
  const features = Float32Array.from({ length: 16 * CHANNELS }, () => 1 + 0.3 * random())
  features.fill(level, cell * CHANNELS, cell * CHANNELS + 2)
  return features
}

const LEVELS: Record<string, number> = { closed: 0.2, open: 2.5 }

function samplesOf(counts: Record<string, number>, seed = 1): Sample[] {
  const random = randomStream(seed)
  return Object.entries(counts).flatMap(([state, count]) =>
    Array.from({ length: count }, (_, i) => ({
      frame: `pi/cam/${state}${i}`,
      capturedAtMs: i * 60_000,
      state,
      features: [grid(random, LEVELS[state] ?? 1)],
      brightness: 20,
    })),
  )
}

const states = ['closed', 'open']

test('a head learns what one cell of the grid tells', async () => {
  const head = await trainHead(samplesOf({ closed: 12, open: 12 }), { states })
  const { predict } = openHead(head)
  for (const { state, features } of samplesOf({ closed: 30, open: 30 }, 2)) {
    const prediction = predict(features[0] as Float32Array, SHOWN)
    expect(prediction).toMatchObject({ state, unlike: null })
    expect(prediction.confidence).toBeGreaterThan(0.8)
    expect((prediction.probabilities.closed ?? 0) + (prediction.probabilities.open ?? 0)).toBeCloseTo(1, 6)
  }
})

test('the same samples give the same head, byte for byte', async () => {
  const train = () => trainHead(samplesOf({ closed: 6, open: 6 }), { states })
  expect(await train()).toEqual(await train())
})

test('a rare state counts as much as a common one', async () => {
  const head = await trainHead(samplesOf({ closed: 40, open: 3 }), { states })
  const { predict } = openHead(head)
  const said = samplesOf({ open: 20 }, 5).map(({ features }) => predict(features[0] as Float32Array, SHOWN).state)
  expect(said.filter((state) => state === 'open').length).toBe(20)
})

test('three states, and progress after every epoch', async () => {
  LEVELS.ajar = 1.1
  const seen: number[] = []
  const head = await trainHead(samplesOf({ closed: 8, ajar: 8, open: 8 }), {
    states: ['closed', 'ajar', 'open'],
    onProgress: (epoch) => seen.push(epoch),
  })
  expect(seen).toEqual(Array.from({ length: head.epochs }, (_, i) => i + 1))
  const { predict } = openHead(head)
  const [ajar] = samplesOf({ ajar: 1 }, 9)
  expect(predict(ajar?.features[0] as Float32Array, SHOWN).state).toBe('ajar')
})

test('training stops when it is cancelled', async () => {
  const cancel = new AbortController()
  const training = trainHead(samplesOf({ closed: 6, open: 6 }), {
    states,
    signal: cancel.signal,
    onProgress: () => cancel.abort(),
  })
  await expect(training).rejects.toMatchObject({ code: 'cancelled' })
})

test('a state with too few frames is named', async () => {
  const training = trainHead(samplesOf({ closed: 6, open: 1 }), { states })
  await expect(training).rejects.toMatchObject({ code: 'too_few_frames', fault: 'caller', message: /open has 1/ })
})

test('a sample of no state of the camera, and of another backbone, is refused', async () => {
  const samples = samplesOf({ closed: 4, open: 4 })
  await expect(trainHead(samples, { states: ['closed', 'shut'] })).rejects.toMatchObject({ code: 'bad_samples' })
  await expect(trainHead(samples, { states: ['closed'] })).rejects.toMatchObject({ code: 'too_few_states' })
  const [first] = samples
  if (first) first.features = [new Float32Array(32)]
  await expect(trainHead(samples, { states })).rejects.toMatchObject({ code: 'bad_samples' })
})

test('features of another scene are unlike training, and an even picture is covered', async () => {
  const head = await trainHead(samplesOf({ closed: 10, open: 10 }), { states })
  const { predict } = openHead(head)
  const other = Float32Array.from({ length: 16 * CHANNELS }, (_, i) => (i % CHANNELS === 3 ? 5 : 0.05))
  expect(predict(other, SHOWN).unlike).toBe('unlike_training')
  const own = samplesOf({ open: 1 }, 4)[0]?.features[0] as Float32Array
  expect(predict(own, { spread: 0.5 }).unlike).toBe('covered')
})
