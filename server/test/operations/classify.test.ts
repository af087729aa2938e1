import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadImage } from '@ajar/images'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../../test/setup/after-file.ts'
import type { CameraThen, InputFile } from '../../src/datasessions/operation.ts'
import { CAMERA, door, label, train } from '../lesson.ts'
import { RunningServer } from '../running-server.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { fileAt, frameAt, run } from './in-memory.ts'
import { written } from './pictures.ts'

const MODEL = `${CAMERA}@1`
const frames = new Map<string, Uint8Array>()
let modelsFolder = ''
let files: InputFile[] = []

/** A model that a real training made, and frames that it has not learned from. */
beforeAll(async () => {
  const server = await RunningServer.start(afterFile)
  await label(server, 8)
  const job = await train(server)
  expect(job.state).toBe('done')
  modelsFolder = await temporaryFolder(afterFile)
  await cp(join(server.dataDir, 'models'), modelsFolder, { recursive: true })
  files = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const state = i % 2 ? 'open' : 'closed'
      frames.set(`${CAMERA}/${1000 * i}`, await door(state, 200 + i))
      // Two were recorded otherwise than they are, and the last not at all.
      return frameAt(CAMERA, 1000 * i, i === 7 ? null : i === 2 ? 'open' : i === 3 ? 'unknown' : state)
    }),
  )
})

function cameraWith(more: Partial<CameraThen> = {}): Record<string, CameraThen> {
  return { [CAMERA]: { activeModel: MODEL, states: ['open', 'closed'], threshold: 0.6, masks: [], ...more } }
}

function asked(inputs: object, more: object = {}) {
  const all = { frames, modelsFolder, cameras: cameraWith(), ...more }
  return run('Classify', { input_files: files, ...inputs }, onTestFinished, all)
}

test('the active model of its camera tells of each frame, and how that agrees with what was recorded', async () => {
  const made = await asked({})
  const rows = made.tables.get('states')?.rows ?? []
  expect(rows.map(({ state }) => state)).toEqual(files.map((_, i) => (i % 2 ? 'open' : 'closed')))
  for (const row of rows) {
    expect(row).toMatchObject({ model: MODEL, reason: null })
    expect((row.p_open as number) + (row.p_closed as number)).toBeCloseTo(1, 5)
    expect(row.confidence).toBe(Math.max(row.p_open as number, row.p_closed as number))
  }
  expect(rows.map(({ agrees }) => agrees)).toEqual(['true', 'true', 'false', 'false', 'true', 'true', 'true', null])
  expect(made.data[0]).toMatchObject({
    ...{ models: [MODEL], states: { open: 4, closed: 4 }, compared: 7, agreeing: 5, agreement: 5 / 7 },
    recorded_as: { closed: { closed: 3 }, open: { open: 2, closed: 1 }, unknown: { open: 1 } },
  })
})

test('it says just what the server said when frames came in', async () => {
  const server = await RunningServer.start(onTestFinished)
  await cp(modelsFolder, join(server.dataDir, 'models'), { recursive: true })
  // A model of its own: trained of the same pictures, it is the same.
  await label(server, 8)
  await train(server)
  const at = Date.now() - 60_000
  const jpeg = await door('open', 321)
  const { result } = await server.ended(await server.send(CAMERA, jpeg, at))
  const made = await run('Classify', { input_files: [frameAt(CAMERA, at, result.state)] }, onTestFinished, {
    ...{ frames: new Map([[`${CAMERA}/${at}`, jpeg]]), modelsFolder: join(server.dataDir, 'models') },
    cameras: cameraWith({ activeModel: result.model }),
  })
  expect(made.tables.get('states')?.rows[0]?.confidence).toBeCloseTo(result.confidence, 4)
  expect(made.data[0].agreement).toBe(1)
})

test('what is less sure than is asked for is unknown; so is what is nothing like it', async () => {
  const sure = await asked({ threshold: 1 })
  expect(sure.data[0].states).toEqual({ unknown: 8 })
  expect(sure.tables.get('states')?.rows[0]).toMatchObject({ reason: 'low_confidence', likeliest: 'closed' })
  const { default: sharp } = await import('sharp')
  const dark = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000' } })
    .jpeg()
    .toBuffer()
  const night = new Map([[`${CAMERA}/5`, new Uint8Array(dark)]])
  const made = await asked({ input_files: [frameAt(CAMERA, 5)] }, { frames: night })
  expect(made.tables.get('states')?.rows[0]).toMatchObject({ state: 'unknown', reason: 'covered' })
})

test('uploads and FITS are asked about where a model is named; a mask hides what it hides of new frames', async () => {
  const picture = await loadImage(frames.get(`${CAMERA}/1000`) as Uint8Array)
  const [path = ''] = await written(onTestFinished, { picture })
  const png = join(await temporaryFolder(onTestFinished), 'door.png')
  const { default: sharp } = await import('sharp')
  await sharp(frames.get(`${CAMERA}/2000`))
    .png()
    .toFile(png)
  const made = await asked({ input_files: [fileAt(path), fileAt(png)], model: MODEL })
  expect(made.data[0].files.map(({ likeliest }: { likeliest: string }) => likeliest)).toEqual(['open', 'closed'])
  const all = [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
    { x: 1, y: 1 },
    { x: 0, y: 1 },
  ]
  const masked = await asked({ input_files: files.slice(0, 1) }, { cameras: cameraWith({ masks: [all] }) })
  expect(masked.tables.get('states')?.rows[0]?.reason).toBe('covered')
})

test('a frame that is damaged is left out of those that are not', async () => {
  const broken = new Map([...frames, [`${CAMERA}/1000`, (frames.get(`${CAMERA}/1000`) as Uint8Array).subarray(0, 900)]])
  const made = await asked({}, { frames: broken })
  expect(made.data[0]).toMatchObject({ file_count: 7, left_out_count: 1 })
  expect(made.data[0].left_out[0].why).toMatch(/cut off/)
})

describe('what cannot be asked is told, and what to do', () => {
  test.each([
    ['nonsense', /no model’s id: it reads device\/camera@version/],
    ['../../etc@1', /no model’s id/],
    ['pi/door@99', /there is no model pi\/door@99/],
    ['pi/other@1', /there is no model pi\/other@1/],
  ])('the model %s', async (model, text) => {
    await expect(asked({ model })).rejects.toMatchObject({ fault: 'caller', message: expect.stringMatching(text) })
  })

  test('a camera without an active model, and a file of no camera', async () => {
    const without = asked({}, { cameras: cameraWith({ activeModel: null }) })
    await expect(without).rejects.toThrow(/pi\/door has no active model: train it/)
    const upload = asked({ input_files: [fileAt('/door.png')] })
    await expect(upload).rejects.toThrow(/door.png is no camera’s frame: name the model/)
  })

  test('a model of another backbone, and one whose files are damaged', async () => {
    const folder = await temporaryFolder(onTestFinished)
    await cp(modelsFolder, folder, { recursive: true })
    const manifest = join(folder, CAMERA, '1', 'manifest.json')
    const text = await readFile(manifest, 'utf8')
    await writeFile(manifest, text.replace(/"backbone": "[^"]*"/, '"backbone": "resnet-900"'))
    await expect(asked({}, { modelsFolder: folder })).rejects.toMatchObject({
      code: 'unknown_backbone',
      fault: 'caller',
    })
    await expect(asked({}, { modelsFolder: folder })).rejects.toThrow(/resnet-900.*Train it again/)
    await writeFile(manifest, text)
    await rm(join(folder, CAMERA, '1', 'weights.bin'))
    const damaged = await asked({}, { modelsFolder: folder }).catch((error) => error)
    expect(damaged).toMatchObject({ code: 'model_damaged' })
    expect(damaged.message).not.toContain(folder)
  })
})
