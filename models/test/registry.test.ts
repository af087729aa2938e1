import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tensor2d } from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { expect, onTestFinished, test } from 'vitest'
import { startTensorFlow } from '../src/engines/tensorflow.ts'
import { rooted } from '../src/head/head.ts'
import {
  featureLengthOf,
  filesOf,
  loadModel,
  type Model,
  modelOf,
  openEngine,
  openHead,
  saveModel,
  summariseLabels,
} from '../src/index.ts'
import { randomStream } from '../src/random.ts'
import { sha256 } from '../src/registry/manifest.ts'

const FEATURES = await featureLengthOf('mobilenet-v2-0.35')
const CHANNELS = FEATURES / 16

function exampleModel(): Model {
  const random = randomStream(1)
  const values = (length: number) => Float32Array.from({ length }, () => random() - 0.5)
  return {
    id: 'pi/cam@3',
    backbone: 'mobilenet-v2-0.35',
    engine: 'onnxruntime',
    createdAtMs: 1_795_286_400_000,
    seed: 7,
    labels: summariseLabels([{ frame: 'pi/cam/1', state: 'open' }]),
    region: [
      { x: 0.1, y: 0 },
      { x: 0.6, y: 0 },
      { x: 0.1, y: 1 },
    ],
    view: null,
    head: {
      states: ['closed', 'open'],
      weights: values(FEATURES * 2),
      bias: values(2),
      novelty: { channels: CHANNELS, prototypes: values(3 * CHANNELS), threshold: 0.02 },
    },
    evaluation: null,
    verdict: 'needs more of everything',
    parent: 'pi/cam@2',
    testSet: [{ frame: 'pi/cam/1', truth: 'open', said: 'closed', confidence: 0.6 }],
  }
}

async function savedModel(): Promise<{ folder: string; model: Model }> {
  const parent = await mkdtemp(join(tmpdir(), 'ajar-registry-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  const folder = join(parent, 'pi', 'cam', '3')
  const model = exampleModel()
  await saveModel(folder, model)
  return { folder, model }
}

test('a model comes back as it was saved, and leaves nothing beside it', async () => {
  const { folder, model } = await savedModel()
  expect(await loadModel(folder)).toEqual(model)
  expect(await readdir(join(folder, '..'))).toEqual(['3'])
})

test('a saved model is never written over', async () => {
  const { folder, model } = await savedModel()
  await expect(saveModel(folder, { ...model, seed: 8 })).rejects.toMatchObject({ code: 'model_exists' })
  expect((await loadModel(folder)).seed).toBe(7)
  expect(await readdir(join(folder, '..'))).toEqual(['3'])
})

test.for(['weights.bin', 'novelty.bin', 'model.json', 'test-set.json'])(
  'one changed byte of %s is found',
  async (name) => {
    const { folder } = await savedModel()
    const bytes = await readFile(join(folder, name))
    bytes[5] = (bytes[5] ?? 0) ^ 1
    await writeFile(join(folder, name), bytes)
    await expect(loadModel(folder)).rejects.toMatchObject({ code: 'model_damaged', message: new RegExp(name) })
  },
)

test('a missing file, a missing model and a manifest of garbage are told apart', async () => {
  const { folder } = await savedModel()
  await rm(join(folder, 'weights.bin'))
  await expect(loadModel(folder)).rejects.toMatchObject({ code: 'model_damaged', message: /weights\.bin is missing/ })
  await expect(loadModel(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'model_missing', fault: 'caller' })
  await writeFile(join(folder, 'manifest.json'), 'garbage')
  await expect(loadModel(folder)).rejects.toMatchObject({ code: 'model_damaged' })
})

type Files = Map<string, Uint8Array>
type Json = Record<string, unknown>

const jsonOf = (files: Files, name: string) => JSON.parse(new TextDecoder().decode(files.get(name)))
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

/** Puts another file in its place, and its sha256 into the manifest: as somebody would who means it. */
function replace(files: Files, name: string, bytes: Uint8Array) {
  files.set(name, bytes)
  const manifest = jsonOf(files, 'manifest.json')
  files.set('manifest.json', bytesOf({ ...manifest, files: { ...manifest.files, [name]: sha256(bytes) } }))
}

const inManifest = (change: Json) => (files: Files) =>
  files.set('manifest.json', bytesOf({ ...jsonOf(files, 'manifest.json'), ...change }))
const floatsOf = (values: number[]) => new Uint8Array(Float32Array.from(values).buffer)

const EVALUATION: Json = {
  states: ['open', 'closed'],
  frames: 8,
  balancedAccuracy: 0.9,
  interval: { low: 0.6, high: 1 },
  confusion: [
    [3, 1],
    [0, 4],
  ],
  wrong: [{ frame: 'pi/cam/1', truth: 'open', said: 'closed', confidence: 0.6, brightness: null }],
  folds: 4,
  borrowed: 0,
  judgedOn: 'own',
  accuracy: 0.875,
  majority: 0.5,
  perState: [{ state: 'open', frames: 4, precision: 1, recall: 0.75 }],
  day: { frames: 8, balancedAccuracy: 0.9, interval: { low: 0.6, high: 1 } },
  night: null,
  temperature: 1.1,
  curve: [{ share: 1, labels: 6, balancedAccuracy: 0.9 }],
  suspects: [],
  apartMs: 600_000,
  advice: { state: 'open', more: 3, when: 'night' },
  verdict: 'needs more of `open` at night',
}

/** Whoever reads an evaluation counts on every field of it: a part that is none is refused with the rest. */
function evaluations(): [string, (files: Files) => unknown, RegExp][] {
  const parts: [string, Json][] = [
    ['suspects that are no list', { suspects: 5 }],
    ['a suspect that is none', { suspects: [null] }],
    ['a wrong frame without a frame', { wrong: [{ truth: 'open', said: 'closed', confidence: 1 }] }],
    ['a curve of text', { curve: 'steep' }],
    ['a state that has no recall', { perState: [{ state: 'open', frames: 4, precision: null }] }],
    ['nights of text', { night: 'dark' }],
    ['advice for no state', { advice: { state: 'ajar', more: 3, when: null } }],
    ['other states', { states: ['ajar', 'shut'] }],
    ['no verdict', { verdict: undefined }],
    ['a temperature of text', { temperature: 'hot' }],
    ['an interval of nothing', { interval: {} }],
  ]
  return parts.map(([name, part]) => [
    `an evaluation with ${name}`,
    inManifest({ evaluation: { ...EVALUATION, ...part } }),
    /evaluation/,
  ])
}

test('an evaluation comes back whole', async () => {
  const files = filesOf(exampleModel())
  inManifest({ evaluation: EVALUATION })(files)
  expect((await modelOf(files)).evaluation).toEqual(EVALUATION)
})

test.for<[string, (files: Files) => unknown, RegExp]>([
  [
    'one weight too few',
    (files) => replace(files, 'weights.bin', (files.get('weights.bin') ?? new Uint8Array()).slice(4)),
    /weights\.bin has \d+ values, and 2 states of \S+ need \d+/,
  ],
  ['half a weight', (files) => replace(files, 'weights.bin', new Uint8Array(7)), /no whole float32/],
  [
    'a weight that is NaN',
    (files) => replace(files, 'weights.bin', floatsOf(new Array((FEATURES + 1) * 2).fill(Number.NaN))),
    /no finite number/,
  ],
  [
    'an infinite prototype',
    (files) => replace(files, 'novelty.bin', floatsOf(new Array(CHANNELS).fill(Infinity))),
    /no finite number/,
  ],
  ['no prototypes', (files) => replace(files, 'novelty.bin', new Uint8Array()), /0 values/],
  ['other channels', inManifest({ novelty: { channels: 8, threshold: 0.1 } }), /8 channels instead of/],
  ['a threshold of text', inManifest({ novelty: { channels: CHANNELS, threshold: 'far' } }), /novelty/],
  ['another backbone of other features', inManifest({ backbone: 'mobilenet-v1-1.0' }), /weights\.bin has/],
  ['an unknown backbone', inManifest({ backbone: 'resnet-9000' }), /there is no backbone resnet-9000/],
  ['one state', inManifest({ states: ['open'] }), /names 1 states/],
  ['the same state twice', inManifest({ states: ['open', 'open'] }), /states/],
  [
    'a region outside',
    inManifest({
      region: [
        [0, 0],
        [2, 0],
        [0, 1],
      ].map(([x, y]) => ({ x, y })),
    }),
    /region/,
  ],
  [
    'a region of two corners',
    inManifest({
      region: [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
    }),
    /region/,
  ],
  ['an evaluation of another shape', inManifest({ evaluation: { balancedAccuracy: 2 } }), /evaluation/],
  ...evaluations(),
  ['a threshold in quotes', inManifest({ novelty: { channels: CHANNELS, threshold: '0.1' } }), /novelty/],
  ['an id that moves terminals', inManifest({ id: 'pi/\u001b[2J@3' }), /id/],
  ['an engine that does', inManifest({ engine: '\u001b[2J' }), /engine/],
  ['a verdict of a book', inManifest({ verdict: 'x'.repeat(5000) }), /verdict/],
  ['no digest', inManifest({ labels: {} }), /labels/],
  ['a format of the future', inManifest({ format: 4 }), /format is 4.*reads 1, 2 and 3/],
  ['a list for a manifest', (files) => files.set('manifest.json', bytesOf([])), /format/],
  [
    'a judged frame of no state',
    (files) =>
      replace(files, 'test-set.json', bytesOf([{ frame: 'a/b/1', truth: 'ajar', said: 'open', confidence: 1 }])),
    /entry 0/,
  ],
  [
    'a topology of other weights',
    (files) => replace(files, 'model.json', bytesOf({ weightsManifest: [] })),
    /describes other weights/,
  ],
])('%s is refused with words', async ([, spoil, words]) => {
  const files = filesOf(exampleModel())
  spoil(files)
  await expect(modelOf(files)).rejects.toMatchObject({ code: 'bad_model', fault: 'caller', message: words })
})

test('a model of format 1 is read: its box is a region, and its verdict its own', async () => {
  const { head, evaluation: _, verdict: _v, parent: _p, testSet: _t, region: _r, ...rest } = exampleModel()
  const files = filesOf(exampleModel())
  files.delete('test-set.json')
  const sums = jsonOf(files, 'manifest.json').files
  delete sums['test-set.json']
  const confusion = [
    [3, 1],
    [0, 4],
  ]
  const score = { states: head.states, frames: 8, balancedAccuracy: 0.9, interval: { low: 0.6, high: 1 }, confusion }
  const old = {
    format: 1,
    ...rest,
    box: { x: 0.5, y: 0.5, width: 0.6, height: 0.5 },
    evaluation: { ...score, wrong: [], folds: 4, borrowed: 0, judgedOn: 'own', verdict: 'needs 5 more' },
    states: head.states,
    novelty: { channels: CHANNELS, threshold: head.novelty.threshold },
    files: sums,
  }
  files.set('manifest.json', bytesOf(old))
  const model = await modelOf(files)
  expect(model).toMatchObject({ id: 'pi/cam@3', verdict: 'needs 5 more', parent: null, testSet: [] })
  expect(model.region).toEqual([
    { x: 0.5, y: 0.5 },
    { x: 1, y: 0.5 },
    { x: 1, y: 1 },
    { x: 0.5, y: 1 },
  ])
  expect(model.evaluation).toMatchObject({ balancedAccuracy: 0.9, curve: [], suspects: [], day: null, night: null })
  expect(model.evaluation).toMatchObject({
    perState: [
      { state: 'closed', frames: 4, precision: 1, recall: 0.75 },
      { state: 'open', frames: 4, precision: 0.8, recall: 1 },
    ],
  })
  files.set('manifest.json', bytesOf({ ...old, box: null, evaluation: null }))
  expect(await modelOf(files)).toMatchObject({
    region: null,
    evaluation: null,
    verdict: expect.stringMatching(/train again/),
  })
})

test('the length of features is that which the engine gives', async () => {
  const engine = await openEngine({ backbone: 'mobilenet-v2-0.35' })
  expect(engine.featureLength).toBe(FEATURES)
  await engine.close()
})

test('TensorFlow.js itself loads the saved head and says the same', async () => {
  const { folder, model } = await savedModel()
  await startTensorFlow()
  const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'))
  const weights = await readFile(join(folder, 'weights.bin'))
  const theirs = await loadLayersModel({
    load: async () => ({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest[0].weights,
      weightData: Uint8Array.from(weights).buffer,
    }),
  })
  const random = randomStream(3)
  const features = Float32Array.from({ length: FEATURES }, () => 6 * random())
  const answer = theirs.predict(tensor2d(rooted(features), [1, FEATURES]))
  const [, open] = Array.isArray(answer) ? [] : answer.dataSync()
  expect(openHead(model.head).predict(features, { spread: 40 }).probabilities.open).toBeCloseTo(open ?? Number.NaN, 4)
})

test('the digest of labels does not depend on their order, but on every one of them', () => {
  const a = { frame: 'pi/cam/1', state: 'open' }
  const b = { frame: 'pi/cam/2', state: 'closed' }
  expect(summariseLabels([a, b])).toEqual(summariseLabels([b, a]))
  expect(summariseLabels([a, b]).digest).not.toBe(summariseLabels([a, { ...b, state: 'open' }]).digest)
})
