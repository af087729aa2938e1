import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isOfVectors, loadModel, openHead } from '@ajar/models'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { CAMERA, door, label, train } from './lesson.ts'
import { download, type Files, replaced, sha256, unzipped, upload, withManifest, zipped } from './model-zips.ts'
import { type Answer, RunningServer } from './running-server.ts'

const MODEL = `${CAMERA}@1`
let server: RunningServer
let zip: Buffer
let files: Files
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await label(server, 4)
  await train(server)
  zip = (await download(server, MODEL)).zip
  files = await unzipped(zip)
}, 120_000)

const setUp = (camera: string, states: string[] = ['open', 'closed']) =>
  server.call('PATCH', `/api/cameras/${camera}`, { states })
const refusal = ({ status, body }: Answer) => `${status} ${body.error.code}`
const folderOf = (id: string) => join(server.dataDir, 'models', id.replace('@', '/'))

test('what is downloaded is what is stored, always the same, with its sha256', async () => {
  const again = await download(server, MODEL)
  expect(again.zip.equals(zip)).toBe(true)
  expect(again.headers.get('x-content-sha256')).toBe(sha256(zip))
  expect(again.headers.get('content-type')).toBe('application/zip')
  expect(again.headers.get('content-disposition')).toBe('attachment; filename="pi_door_1.zip"')
  const stored = await readdir(folderOf(MODEL))
  expect([...files.keys()].sort()).toEqual(stored.sort())
  for (const name of stored)
    expect(Buffer.from(files.get(name) ?? []).equals(await readFile(join(folderOf(MODEL), name)))).toBe(true)
  expect(refusal(await server.call('GET', '/api/models/pi/door@9/archive'))).toBe('404 not_found')
})

test('TensorFlow.js loads it, and says the same as ajar', { timeout: 60_000 }, async () => {
  const library = createRequire(new URL('../../models/package.json', import.meta.url))
  const tf = await import(library.resolve('@tensorflow/tfjs-core'))
  await import(library.resolve('@tensorflow/tfjs-backend-cpu'))
  const { loadLayersModel } = await import(library.resolve('@tensorflow/tfjs-layers'))
  const { modelTopology, weightsManifest } = JSON.parse(Buffer.from(files.get('model.json') ?? []).toString())
  const layers = await loadLayersModel({
    load: async () => ({
      modelTopology,
      weightSpecs: weightsManifest[0].weights,
      weightData: Uint8Array.from(files.get('weights.bin') ?? []).buffer,
    }),
  })
  const { head } = await loadModel(folderOf(MODEL))
  if (isOfVectors(head)) throw new Error('a camera has a head of pictures')
  const length = head.weights.length / head.states.length
  const features = Float32Array.from({ length }, (_, i) => (Math.sin(i) + 1) * 2)
  const answer = layers.predict(tf.tensor2d(features.map(Math.sqrt), [1, length])).dataSync()
  const { probabilities } = openHead(head).predict(features, { spread: 40 })
  head.states.forEach((state, i) => {
    expect(probabilities[state]).toBeCloseTo(answer[i], 4)
  })
})

test('another camera takes it, as a version of its own that is not active yet', { timeout: 60_000 }, async () => {
  await setUp('pi/other', ['closed', 'open'])
  const { status, body } = await upload(server, 'pi/other', zip, { query: `?sha256=${sha256(zip)}` })
  expect({ status, ...body }).toMatchObject({
    status: 201,
    id: 'pi/other@1',
    active: false,
    origin: 'uploaded',
    parent: MODEL,
    original: MODEL,
    job: null,
    states: ['open', 'closed'],
  })
  const original = (await server.call('GET', `/api/models/${MODEL}`)).body
  for (const field of ['evaluation', 'verdict', 'labels', 'seed', 'region', 'backbone', 'createdAt'])
    expect(body[field]).toEqual(original[field])
  expect((await loadModel(folderOf('pi/other@1'))).testSet).toEqual((await loadModel(folderOf(MODEL))).testSet)
  await server.call('POST', '/api/models/pi/other@1/activate')
  const picture = await door('open', 3)
  const said = async (camera: string) =>
    (await server.call('POST', `/api/cameras/${camera}/classify`, picture)).body.probabilities
  expect(await said('pi/other')).toEqual(await said(CAMERA))
  // And once more: it is the next version.
  expect(
    (await upload(server, 'pi/other', zip, { headers: { 'x-content-sha256': sha256(zip).toUpperCase() } })).body.id,
  ).toBe('pi/other@2')
})

test('a camera without states takes those of the model', async () => {
  await server.call('PATCH', '/api/cameras/pi/blank', { debounce: 2 })
  expect((await upload(server, 'pi/blank', zip)).status).toBe(201)
  expect((await server.call('GET', '/api/cameras/pi/blank')).body.states).toEqual(['open', 'closed'])
})

test('a model of another server has no parent here, and its name from there', async () => {
  const elsewhere = withManifest(files, { id: 'farm/barn@7', createdAtMs: 1_700_000_000_000, verdict: 'ready' })
  const { body } = await upload(server, CAMERA, await zipped(elsewhere))
  expect(body).toMatchObject({ id: `${CAMERA}@2`, parent: null, original: 'farm/barn@7', verdict: 'ready' })
  expect((await server.call('GET', `/api/cameras/${CAMERA}`)).body.model).toBe(MODEL)
})

/** A zip whose one entry says that it is called otherwise, of the same length: no library would write it. */
async function renamed(zip: Buffer, from: string, to: string): Promise<Buffer> {
  const text = zip.toString('latin1').replaceAll(from, to)
  return Buffer.from(text, 'latin1')
}

/** Says of every entry that it is encrypted. */
function encrypted(zip: Buffer): Buffer {
  const copy = Buffer.from(zip)
  for (const [signature, flags] of [
    ['PK\x03\x04', 6],
    ['PK\x01\x02', 8],
  ] as const)
    for (let at = copy.indexOf(signature); at !== -1; at = copy.indexOf(signature, at + 1))
      copy[at + flags] = (copy[at + flags] ?? 0) | 1
  return copy
}

const floats = (values: number[]) => Buffer.from(Float32Array.from(values).buffer)

test.for<[string, () => Promise<Buffer> | Buffer, string, RegExp]>([
  ['no zip', () => Buffer.from('this is no zip'), 'bad_zip', /no zip/],
  ['nothing', () => Buffer.alloc(0), 'bad_zip', /no zip/],
  ['half a zip', () => zip.subarray(0, zip.length / 2), 'bad_zip', /no zip/],
  ['a path out of it', () => renamed(zip, 'manifest.json', '../ifest.json'), 'bad_zip', /invalid relative path/],
  ['an absolute path', () => renamed(zip, 'manifest.json', '/anifest.json'), 'bad_zip', /absolute path/],
  ['a backslash', () => renamed(zip, 'manifest.json', '..\\fest.jsonx'), 'bad_zip', /invalid characters/],
  ['one file more', () => zipped([...files, ['run.sh', Buffer.from('#!')]]), 'unexpected_file', /run\.sh is no file/],
  ['a folder', () => zipped([...files, ['x/manifest.json', Buffer.from('{}')]]), 'unexpected_file', /x\/manifest/],
  ['a file twice', () => zipped([...files, ['model.json', Buffer.from('{}')]]), 'unexpected_file', /twice/],
  ['encrypted files', async () => encrypted(await zipped(files)), 'bad_zip', /encrypted/],
  ['a bomb', () => zipped(bomb()), 'too_large_unpacked', /larger than/],
  [
    'a test set of a year',
    () => zipped(replaced(files, 'test-set.json', manyFrames())),
    'too_large_unpacked',
    /test-set/,
  ],
  [
    'a manifest of a book',
    () => zipped(withManifest(files, { labels: 'x'.repeat(9e6) })),
    'too_large_unpacked',
    /manifest/,
  ],
  [
    'suspects of nothing',
    () => zipped(withManifest(files, { evaluation: { suspects: 5 } })),
    'bad_model',
    /evaluation/,
  ],
  ['a bomb that calls itself small', async () => understated(await zipped(bomb())), 'bad_zip', /too many bytes/],
  [
    'one file less',
    () => zipped([...files].filter(([name]) => name !== 'novelty.bin')),
    'bad_model',
    /novelty\.bin is missing/,
  ],
  [
    'a wrong sha256',
    () => zipped(new Map([...files, ['weights.bin', floats([1])]])),
    'bad_model',
    /weights\.bin does not have the sha256/,
  ],
  [
    'too few weights',
    () => zipped(replaced(files, 'weights.bin', floats([1, 2, 3]))),
    'bad_model',
    /weights\.bin has 3 values/,
  ],
  ['weights of NaN', () => zipped(replaced(files, 'weights.bin', notNumbers())), 'bad_model', /no finite number/],
  ['an unknown backbone', () => zipped(withManifest(files, { backbone: 'resnet' })), 'bad_model', /no backbone resnet/],
  [
    'a manifest of nonsense',
    () => zipped(new Map([...files, ['manifest.json', Buffer.from('{')]])),
    'bad_model',
    /no JSON/,
  ],
  ['other states', () => zipped(withStates(['open', 'shut'])), 'other_states', /knows shut.*does not know closed/],
])('%s is refused', async ([, make, code, words]) => {
  const before = (await server.call('GET', `/api/models?camera=${CAMERA}`)).body.items.length
  const answer = await upload(server, CAMERA, new Uint8Array(await make()))
  expect(refusal(answer)).toBe(`400 ${code}`)
  expect(answer.body.error.message).toMatch(words)
  expect((await server.call('GET', `/api/models?camera=${CAMERA}`)).body.items).toHaveLength(before)
})

function notNumbers(): Uint8Array {
  return Buffer.from((files.get('weights.bin') ?? new Uint8Array()).map((_, i) => (i < 4 ? 0xff : 0)))
}

/** Right in every way, but so many that nobody has labelled them. */
function manyFrames(): Uint8Array {
  const frame = { frame: `${CAMERA}/1`, truth: 'open', said: 'open', confidence: 1 }
  return Buffer.from(JSON.stringify(new Array(150_000).fill(frame)))
}

/** 80 MB of nothing, which packed are a few kB. */
function bomb(): Files {
  return new Map([...files, ['novelty.bin', Buffer.alloc(80 * 1024 * 1024)]])
}

/** Says in the list of a zip that its files have ten bytes each (APPNOTE 4.3.12). */
function understated(zip: Buffer): Buffer {
  const copy = Buffer.from(zip)
  for (let at = copy.indexOf('PK\x01\x02'); at !== -1; at = copy.indexOf('PK\x01\x02', at + 1))
    copy.writeUInt32LE(10, at + 24)
  return copy
}

/** The same model with states of other names, as if it had never been judged. */
function withStates(states: string[]): Files {
  return withManifest(replaced(files, 'test-set.json', Buffer.from('[]')), { states, evaluation: null })
}

test('states that no camera may have are not taken over', async () => {
  await server.call('PATCH', '/api/cameras/pi/empty', { debounce: 2 })
  for (const states of [
    ['open', 'unknown'],
    ['open', 'ignore'],
    ['open', '../x'],
  ]) {
    const answer = await upload(server, 'pi/empty', new Uint8Array(await zipped(withStates(states))))
    expect(refusal(answer)).toBe('400 bad_model')
  }
  expect((await server.call('GET', '/api/cameras/pi/empty')).body.states).toEqual([])
})

test('another sha256 than was promised, no zip by its type, and no camera are refused', async () => {
  const wrong = 'a'.repeat(64)
  expect(refusal(await upload(server, CAMERA, zip, { query: `?sha256=${wrong}` }))).toBe('400 sha256_mismatch')
  expect(refusal(await upload(server, CAMERA, zip, { headers: { 'x-content-sha256': wrong } }))).toBe(
    '400 sha256_mismatch',
  )
  expect(refusal(await upload(server, CAMERA, zip, { query: '?sha256=abc' }))).toBe('400 bad_request')
  expect(refusal(await upload(server, 'pi/nobody', zip))).toBe('404 not_found')
  expect((await upload(server, CAMERA, zip, { headers: { 'content-type': 'text/plain' } })).status).toBe(415)
  expect((await upload(server, CAMERA, zip, { headers: { 'content-type': 'image/jpeg' } })).status).toBe(415)
  expect(refusal(await upload(server, CAMERA, zip, { headers: { authorization: 'Bearer nonsense' } }))).toBe(
    '401 bad_token',
  )
})

test('40 MB are refused before they have come, said or not', { timeout: 60_000 }, async () => {
  const large = new Uint8Array(40 * 1024 * 1024)
  const told = await upload(server, CAMERA, large)
  expect(refusal(told)).toBe('413 too_large')
  expect(told.body.error.message).toMatch(/a model has at most 33554432 bytes/)
  let sent = 0
  const stream = new ReadableStream({
    pull(controller) {
      sent += 1
      if (sent > 640) controller.close()
      else controller.enqueue(new Uint8Array(64 * 1024))
    },
  })
  const untold = await upload(server, CAMERA, stream, { duplex: 'half' }).catch((error: Error) => error)
  // A client that goes on sending may find its line closed before it reads why.
  if (!(untold instanceof Error)) expect(refusal(untold)).toBe('413 too_large')
  expect((await server.call('GET', '/api/health/live')).status).toBe(200)
  expect((await upload(server, CAMERA, zip)).status).toBe(201)
})

test('viewers neither download nor upload', async () => {
  const { body } = await server.call('POST', '/api/tokens', { name: 'eyes', role: 'viewer' })
  const viewer = { headers: { authorization: `Bearer ${body.token}` } }
  expect(refusal(await server.call('GET', `/api/models/${MODEL}/archive`, undefined, body.token))).toBe('403 forbidden')
  expect(refusal(await upload(server, CAMERA, zip, viewer))).toBe('403 forbidden')
})
