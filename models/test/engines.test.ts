import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { TFJS_NODE_FOLDER } from '../src/engines/tfjs-node.ts'
import { BACKBONES, decode, ENGINES, openEngine } from '../src/index.ts'
import { doorJpeg, hasRealData, realData } from './pictures.ts'

/** The engines of this machine: all but tfjs-node load everywhere, and that one where it was installed. */
const installed = ENGINES.filter(({ name }) => name !== 'tfjs-node' || existsSync(`${TFJS_NODE_FOLDER}node_modules`))

test.for(BACKBONES)('%s gives the same features on every engine, to 3 decimals', async (backbone) => {
  const jpeg = hasRealData ? await readFile(realData('parking/scene1380.jpg')) : await doorJpeg({ open: true })
  const { rgb } = await decode(jpeg, null)
  const [reference, ...others] = await Promise.all(
    installed.map(async ({ name }) => {
      const engine = await openEngine({ backbone, engine: name })
      const features = await engine.embed(rgb)
      expect(features.length).toBe(engine.featureLength)
      await engine.close()
      return features
    }),
  )
  expect(Math.max(...(reference as Float32Array))).toBeGreaterThan(0.5)
  for (const features of others) {
    const farthest = features.reduce((most, value, i) => Math.max(most, Math.abs(value - (reference?.[i] ?? 0))), 0)
    expect(farthest).toBeLessThan(0.0005)
  }
})

test.for(BACKBONES)('%s keeps where things are: another half of the picture changes other cells', async (backbone) => {
  const engine = await openEngine({ backbone })
  const plain = new Uint8Array(224 * 224 * 3).fill(128)
  const spotted = plain.slice()
  // A bright square in the bottom right quarter, far from the first cell's field of view.
  for (let y = 170; y < 215; y++) spotted.fill(255, (y * 224 + 170) * 3, (y * 224 + 215) * 3)
  const [before, after] = [await engine.embed(plain), await engine.embed(spotted)]
  const change = (cell: number) => {
    const channels = engine.featureLength / 16
    let sum = 0
    for (let i = cell * channels; i < (cell + 1) * channels; i++) sum += Math.abs((after[i] ?? 0) - (before[i] ?? 0))
    return sum
  }
  expect(change(15)).toBeGreaterThan(10 * change(0))
  await engine.close()
})

test('auto takes the first engine that loads', async () => {
  const engine = await openEngine({})
  expect(engine.name).toBe('onnxruntime')
  expect(engine.skipped).toEqual([])
  await engine.close()
})

test('what was never there is the caller’s fault', async () => {
  await expect(openEngine({ backbone: 'resnet' })).rejects.toMatchObject({ code: 'unknown_backbone', fault: 'caller' })
  await expect(openEngine({ engine: 'abacus' as 'wasm' })).rejects.toMatchObject({ code: 'unknown_engine' })
})

test.for(installed.map(({ name }) => name))('%s works in several worker threads at once', async (name) => {
  const here = await openEngine({ engine: name })
  const expected = Array.from((await here.embed(new Uint8Array(224 * 224 * 3).fill(90))).subarray(0, 8))
  await here.close()
  const answers = await Promise.all([1, 2].map(() => embedInWorker(name)))
  expect(answers).toEqual([expected, expected])
})

test('an engine that is not installed is refused, and says what installs it', async (context) => {
  context.skip(installed.length === ENGINES.length, 'tfjs-node is installed here')
  await expect(openEngine({ engine: 'tfjs-node' })).rejects.toMatchObject({
    code: 'no_engine',
    fault: 'environment',
    message: expect.stringContaining('npm run engine -- tfjs-node'),
  })
})

/** The first features of an even grey picture, computed in a thread of their own. */
function embedInWorker(engine: string): Promise<number[]> {
  const worker = new Worker(new URL('embed-worker.ts', import.meta.url), { workerData: { engine } })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
