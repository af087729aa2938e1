import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tensor2d } from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { expect, onTestFinished, test } from 'vitest'
import {
  csiView,
  embeddedLength,
  embedVector,
  evaluate,
  filesOf,
  judge,
  loadModel,
  type Model,
  modelOf,
  openHead,
  plainView,
  saveModel,
  summariseLabels,
  tempered,
  trainHead,
  VECTOR,
} from '../src/index.ts'
import { randomStream } from '../src/random.ts'
import { samplesOf } from './waves.ts'

const STATES = ['0', '45', '90']
const VIEW = csiView()
const SHOWN = { spread: Number.POSITIVE_INFINITY }
const samples = samplesOf({ states: STATES, each: 60 })
const head = await trainHead(samples, { states: STATES, view: VIEW, seed: 1 })

const modelOfHead = (): Model => ({
  id: 'pi/wifi@1',
  backbone: VECTOR,
  engine: 'wasm',
  createdAtMs: 1_795_286_400_000,
  seed: 1,
  labels: summariseLabels(samples),
  region: null,
  view: VIEW,
  head: { states: head.states, view: head.view, estimators: head.estimators, novelty: head.novelty },
  evaluation: null,
  verdict: 'ready',
  parent: null,
  testSet: [],
})

test('a head of vectors tells states that it has not seen, by each part and by both', () => {
  const others = samplesOf({ states: STATES, each: 30, seed: 2 })
  expect(head.estimators.map(({ name }) => name)).toEqual(['amplitude', 'phase', 'fused'])
  const judged = judge(head, others)
  expect(judged.filter(({ truth, said }) => truth === said).length / judged.length).toBeGreaterThan(0.95)
  const { details, unlike, probabilities, signature } = openHead(head).predict(
    others[0]?.features[0] as Float32Array,
    SHOWN,
  )
  expect(Object.keys(details?.estimators ?? {})).toEqual(['amplitude', 'phase', 'fused'])
  expect(details?.expected).toBeCloseTo(45 * (probabilities['45'] ?? 0) + 90 * (probabilities['90'] ?? 0), 6)
  expect(details?.interval).toMatchObject({ low: 0 })
  expect(unlike).toBe(null)
  expect(signature).toHaveLength(32)
})

test('the same seed and samples give the same head, and another order of the samples too', {
  timeout: 60_000,
}, async () => {
  const again = await trainHead(samples.toReversed(), { states: STATES, view: VIEW, seed: 1 })
  expect(again.estimators).toEqual(head.estimators)
  expect(again.novelty).toEqual(head.novelty)
})

test('a model of vectors comes back as it was saved', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'ajar-vectors-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  const model = modelOfHead()
  await saveModel(join(parent, '1'), model)
  expect(await loadModel(join(parent, '1'))).toEqual(model)
})

test('TensorFlow.js itself loads the files and says the same of each estimator', async () => {
  const files = filesOf(modelOfHead())
  const { modelTopology, weightsManifest } = JSON.parse(new TextDecoder().decode(files.get('model.json')))
  const theirs = await loadLayersModel({
    load: async () => ({
      modelTopology,
      weightSpecs: weightsManifest[0].weights,
      weightData: Uint8Array.from(files.get('weights.bin') ?? []).buffer,
    }),
  })
  const features = samples[70]?.features[0] as Float32Array
  const answers = theirs.predict(tensor2d(features, [1, features.length]))
  const { details } = openHead(head).predict(features, SHOWN)
  const said = Object.values(details?.estimators ?? {}).map(({ probabilities }) => probabilities)
  if (!Array.isArray(answers)) throw new Error('one output instead of three')
  answers.forEach((answer, i) => {
    expect([...answer.dataSync()].every((p, k) => Math.abs(p - (said[i]?.[k] ?? 2)) < 1e-4)).toBe(true)
  })
})

test('a model whose weights let one part see another is refused', async () => {
  const files = filesOf(modelOfHead())
  const manifest = JSON.parse(new TextDecoder().decode(files.get('manifest.json')))
  const swapped = { ...manifest, view: { ...VIEW, parts: VIEW.parts.toReversed() } }
  files.set('manifest.json', new TextEncoder().encode(JSON.stringify(swapped)))
  await expect(modelOf(files)).rejects.toMatchObject({ code: 'bad_model' })
})

test('it is judged by blocks of time, beside what always saying the commonest state would get', {
  timeout: 120_000,
}, async () => {
  const { evaluation, judged } = await evaluate(samples, { states: STATES, view: VIEW })
  expect(evaluation).toMatchObject({ apartMs: 1000, majority: 1 / 3, day: null, night: null })
  expect(evaluation?.accuracy).toBeGreaterThan(0.9)
  expect(judged.some(({ details }) => details?.estimators.phase)).toBe(true)
  const cool = openHead(tempered(head, 3)).predict(samples[0]?.features[0] as Float32Array, SHOWN)
  expect(cool.confidence).toBeLessThan(
    openHead(head).predict(samples[0]?.features[0] as Float32Array, SHOWN).confidence,
  )
})

test('phases are seen without turns and tilt, and nothing where nothing was received', () => {
  const random = randomStream(3)
  const reading = Float32Array.from({ length: 106 }, (_, i) => (i < 53 ? 10 + random() : 0))
  const turned = reading.slice()
  for (let i = 0; i < 53; i++) {
    const phase = 0.5 * Math.sin(i / 5)
    reading[53 + i] = phase
    turned[53 + i] = Math.atan2(Math.sin(phase + 2 + 0.3 * i), Math.cos(phase + 2 + 0.3 * i))
  }
  for (const one of [reading, turned]) one[26] = one[53 + 26] = 0
  const [a, b] = [embedVector([reading], VIEW), embedVector([turned], VIEW)]
  a.forEach((value, i) => {
    expect(value).toBeCloseTo(b[i] as number, 4)
  })
  expect(a[53 + 26]).toBe(0)
})

test('a window is seen as mean, deviation and differences, and a start has fewer readings', () => {
  const view = { ...plainView(2), window: 3 }
  expect(embeddedLength(view)).toBe(6)
  const window = [
    [0, 9],
    [1, 5],
    [3, 5],
    [5, 5],
  ].map((numbers) => Float32Array.from(numbers))
  const embedded = embedVector(window, view)
  expect([...embedded]).toEqual([3, 5, Math.fround(Math.sqrt(8 / 3)), 0, 2, 0])
  expect([...embedVector(window.slice(0, 1), view)]).toEqual([0, 9, 0, 0, 0, 0])
})

test.for([
  ['another length', [1], /1 numbers, where 2 are expected/],
  ['a number that is none', [1, Number.NaN], /number 2 of 2 is NaN/],
  ['infinity', [Number.POSITIVE_INFINITY, 1], /number 1 of 2 is Infinity/],
] as const)('%s is refused in words', ([, numbers, words]) => {
  expect(() => embedVector([Float32Array.from(numbers)], plainView(2))).toThrow(words)
})

test('one reading of a state is too few, and said so', async () => {
  const one = [...samples.filter(({ state }) => state !== '0'), ...samples.slice(0, 1)]
  await expect(trainHead(one, { states: STATES, view: VIEW })).rejects.toMatchObject({
    code: 'too_few_frames',
    message: /0 has 1 labelled readings and needs at least 2/,
  })
  expect(await evaluate(one, { states: STATES, view: VIEW })).toMatchObject({
    evaluation: null,
    verdict: /3 more labelled readings of `0`/,
  })
})

test('a value beside a phase stays what it was measured as; only amplitudes are freed of the gain', () => {
  const parts = (name: string) => [
    { name, length: 2, kind: 'value' as const },
    { name: 'phase', length: 2, kind: 'phase' as const },
  ]
  const reading = Float32Array.of(30, 10, 0.5, 0.7)
  expect([...embedVector([reading], { parts: parts('heat'), window: 1 })].slice(0, 2)).toEqual([30, 10])
  expect([...embedVector([reading], { parts: parts('amplitude'), window: 1 })].slice(0, 2)).toEqual([1.5, 0.5])
})
