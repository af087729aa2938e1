import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tensor2d } from '@tensorflow/tfjs-core'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { expect, onTestFinished, test } from 'vitest'
import { startTensorFlow } from '../src/engines/tensorflow.ts'
import { rooted } from '../src/head/head.ts'
import { loadModel, type Model, openHead, saveModel, summariseLabels } from '../src/index.ts'
import { randomStream } from '../src/random.ts'

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
    head: {
      states: ['closed', 'open'],
      weights: values(16 * 4 * 2),
      bias: values(2),
      novelty: { channels: 4, prototypes: values(3 * 4), threshold: 0.02 },
    },
    evaluation: null,
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

test.for(['weights.bin', 'novelty.bin', 'model.json'])('one changed byte of %s is found', async (name) => {
  const { folder } = await savedModel()
  const bytes = await readFile(join(folder, name))
  bytes[5] = (bytes[5] ?? 0) ^ 1
  await writeFile(join(folder, name), bytes)
  await expect(loadModel(folder)).rejects.toMatchObject({ code: 'model_damaged', message: new RegExp(name) })
})

test('a missing file, a missing model and a manifest of garbage are told apart', async () => {
  const { folder } = await savedModel()
  await rm(join(folder, 'weights.bin'))
  await expect(loadModel(folder)).rejects.toMatchObject({ code: 'model_damaged', message: /weights\.bin is missing/ })
  await expect(loadModel(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'model_missing', fault: 'caller' })
  await writeFile(join(folder, 'manifest.json'), 'garbage')
  await expect(loadModel(folder)).rejects.toMatchObject({ code: 'model_damaged' })
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
  const features = Float32Array.from({ length: 64 }, () => 6 * random())
  const answer = theirs.predict(tensor2d(rooted(features), [1, 64]))
  const [, open] = Array.isArray(answer) ? [] : answer.dataSync()
  expect(openHead(model.head).predict(features, { spread: 40 }).probabilities.open).toBeCloseTo(open ?? Number.NaN, 4)
})

test('the digest of labels does not depend on their order, but on every one of them', () => {
  const a = { frame: 'pi/cam/1', state: 'open' }
  const b = { frame: 'pi/cam/2', state: 'closed' }
  expect(summariseLabels([a, b])).toEqual(summariseLabels([b, a]))
  expect(summariseLabels([a, b]).digest).not.toBe(summariseLabels([a, { ...b, state: 'open' }]).digest)
})
