import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { decode, type Engine, openEngine, openHead, type Sample, trainHead } from '../src/index.ts'
import { doorJpeg, hasRealData, realData } from './pictures.ts'

test('labels to state, from end to end: a rendered door', async () => {
  const engine = await openEngine({})
  const sample = async (state: string, light: number): Promise<Sample & { spread: number }> => {
    const { rgb, spread } = await decode(await doorJpeg({ open: state === 'open', light }), null)
    return { frame: `pi/door/${light}`, capturedAtMs: light, state, features: [await engine.embed(rgb)], spread }
  }
  const all = await Promise.all([90, 110, 130, 150, 170, 190].flatMap((l) => [sample('open', l), sample('closed', l)]))
  const { predict } = openHead(await trainHead(all, { states: ['closed', 'open'] }))
  for (const light of [100, 140, 180]) {
    for (const state of ['open', 'closed']) {
      const { features, spread } = await sample(state, light)
      expect(predict(features[0] as Float32Array, { spread })).toMatchObject({ state, unlike: null })
    }
  }
  await engine.close()
})

test.skipIf(!hasRealData)(
  'a real camera: half of its frames labelled, the others told, none taken for strange',
  async () => {
    const engine = await openEngine({})
    const camera = 'webcams/cam-800x593'
    const states = ['day', 'night']
    const labelled: Sample[] = []
    const others: Sample[] = []
    for (const state of states) {
      const frames = await samplesOf(engine, camera, state)
      labelled.push(...frames.slice(0, frames.length / 2))
      others.push(...frames.slice(frames.length / 2))
    }
    const { predict } = openHead(await trainHead(labelled, { states }))
    for (const { frame, state, features } of others) {
      expect(predict(features[0] as Float32Array, { spread: 40 }), frame).toMatchObject({ state, unlike: null })
    }

    // Another camera's scene is not believed, whatever the head says of it.
    const { rgb, spread } = await decode(await readFile(realData('parking/scene1380.jpg')), null)
    expect(predict(await engine.embed(rgb), { spread }).unlike).toBe('unlike_training')
    await engine.close()
  },
)

async function samplesOf(engine: Engine, camera: string, state: string): Promise<Sample[]> {
  const names = (await readdir(realData(`${camera}/${state}`))).sort()
  const samples: Sample[] = []
  for (const [i, name] of names.entries()) {
    const { rgb } = await decode(await readFile(realData(`${camera}/${state}/${name}`)), null)
    samples.push({ frame: name, capturedAtMs: i * 60_000, state, features: [await engine.embed(rgb)] })
  }
  return samples
}
