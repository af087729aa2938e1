import { readdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { checkJpeg } from '@ajar/models'
import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { Masking } from '../src/ingest/masking.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

const LEFT = [
  { x: 0, y: 0 },
  { x: 0.5, y: 0 },
  { x: 0.5, y: 1 },
  { x: 0, y: 1 },
]
const setMasks = (camera: string, masks: object[]) => server.call('PATCH', `/api/cameras/${camera}`, { masks })

/** A white picture; another number gives other bytes. */
async function white(number: number): Promise<Uint8Array> {
  const create = { width: 80, height: 40, channels: 3, background: 'white' } as const
  const exif = { IFD0: { ImageDescription: `secret ${number}` } }
  return new Uint8Array(await sharp({ create }).jpeg().withExif(exif).toBuffer())
}

/** Luminance in the middle of the left and of the right half. */
async function halves(jpeg: Uint8Array): Promise<[number, number]> {
  const { data, info } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true })
  const at = (x: number) => data[Math.floor(info.height / 2) * info.width + Math.floor(x * info.width)] ?? -1
  return [at(0.25), at(0.75)]
}

async function image(frame: string): Promise<Uint8Array> {
  const headers = { authorization: 'Bearer the-admin-token-of-the-tests' }
  const response = await fetch(`${server.url}/api/frames/${frame}/image`, { headers })
  return new Uint8Array(await response.arrayBuffer())
}

/** The bytes of all frames of a camera, straight from the files. */
function storedJpegs(camera: string): Uint8Array[] {
  const folder = `${server.dataDir}/frames`
  return readdirSync(folder)
    .filter((name) => name.endsWith('.db'))
    .flatMap((name) => {
      const database = new DatabaseSync(`${folder}/${name}`, { readOnly: true })
      const rows = database.prepare('select jpeg from frames where camera = ?').all(camera)
      database.close()
      return rows.map(({ jpeg }) => jpeg as Uint8Array)
    })
}

test('what lies under a mask is black in every frame after the answer, and in none before', async () => {
  const before = await server.send('pi/yard', await white(1), 1_795_000_000_001)
  expect(await setMasks('pi/yard', [LEFT])).toMatchObject({ status: 200, body: { masks: [LEFT] } })
  const after = await server.send('pi/yard', await white(2), 1_795_000_000_002)
  expect(await halves(await image(before))).toEqual([255, 255])
  expect(await halves(await image(after))).toEqual([0, 255])
  expect(storedJpegs('pi/yard').map((jpeg) => Buffer.from(jpeg).includes('secret 2'))).toEqual([false, false])
  expect((await setMasks('pi/yard', [])).body.masks).toEqual([])
  expect(await halves(await image(await server.send('pi/yard', await white(3))))).toEqual([255, 255])
})

test('no frame that is sent after the answer slips through, however many are on their way', async () => {
  await setMasks('pi/race', [])
  const frames: { id: string; sentAfter: boolean }[] = []
  let answered = false
  let number = 0
  const send = async () => {
    for (let after = 0; after < 5; ) {
      const sentAfter = answered
      number += 1
      frames.push({ id: await server.send('pi/race', await white(number)), sentAfter })
      if (sentAfter) after += 1
    }
  }
  const senders = [send(), send(), send(), send()]
  await until(() => frames.length > 20)
  await setMasks('pi/race', [LEFT])
  answered = true
  await Promise.all(senders)
  const left = await Promise.all(frames.map(async ({ id }) => (await halves(await image(id)))[0]))
  expect(new Set(frames.map(({ id }) => id)).size).toBe(number)
  expect(frames.flatMap(({ sentAfter }, i) => (sentAfter ? [left[i]] : []))).toEqual(Array(20).fill(0))
  expect(left).toContain(255)
})

test('frames of a camera come out of masking in the order they went in, whatever their size', async () => {
  const masking = new Masking()
  const widths = [1600, 40, 900, 40, 40, 1200, 40, 40]
  const pictures = await Promise.all(widths.map((width, i) => plainJpeg(i, width, 40)))
  const out: number[] = []
  await Promise.all(
    pictures.map(async (picture) => {
      out.push(checkJpeg(await masking.blacken('pi/cam', picture, [LEFT])).width)
    }),
  )
  expect(out).toEqual(widths)
})

test('a frame that is sent again is known by the bytes that were sent', async () => {
  await setMasks('pi/again', [LEFT])
  const picture = await white(1)
  await server.send('pi/again', picture, 1_795_000_000_001)
  const path = '/api/cameras/pi/again/frames?capturedAt=1795000000001'
  expect(await server.call('POST', path, picture)).toMatchObject({ status: 200, body: { duplicate: true } })
  expect(await server.call('POST', path, await white(2))).toMatchObject({
    status: 409,
    body: { error: { code: 'id_collision' } },
  })
  expect(storedJpegs('pi/again')).toHaveLength(1)
})

test('a frame that was stored before its camera had masks stays as it is when it is sent again', async () => {
  await setMasks('pi/resent', [])
  const picture = await white(5)
  const frame = await server.send('pi/resent', picture, 1_795_000_000_001)
  await setMasks('pi/resent', [LEFT])
  const path = '/api/cameras/pi/resent/frames?capturedAt=1795000000001'
  expect(await server.call('POST', path, picture)).toMatchObject({ status: 200, body: { duplicate: true } })
  expect(await halves(await image(frame))).toEqual([255, 255])
  expect((await server.call('GET', '/docs/json')).body.paths['/api/cameras/{device}/{camera}'].patch).toMatchObject({
    requestBody: {
      content: {
        'application/json': {
          schema: {
            properties: {
              masks: {
                description: expect.stringContaining('sent again, keep what they show until they are purged'),
              },
            },
          },
        },
      },
    },
  })
})

test('a picture that cannot be decoded is refused: it cannot be blackened', async () => {
  await setMasks('pi/broken', [LEFT])
  const broken = Buffer.from(await white(1))
  const table = broken.indexOf('ffc4', 'hex')
  broken.fill(0xff, table + 4, table + 30)
  const refused = await server.call('POST', '/api/cameras/pi/broken/frames', broken)
  expect(refused).toMatchObject({ status: 400, body: { error: { code: 'not_jpeg' } } })
  expect(storedJpegs('pi/broken')).toEqual([])
})

test.each([
  [
    'two corners',
    [
      [
        { x: 0, y: 0 },
        { x: 1, y: 1 },
      ],
    ],
    'bad_request',
    'masks.0',
  ],
  [
    'a corner outside',
    [
      [
        { x: 0, y: 0 },
        { x: 1.2, y: 1 },
        { x: 0, y: 1 },
      ],
    ],
    'bad_request',
    'masks.0.1.x',
  ],
  [
    'a line',
    [
      LEFT,
      [
        { x: 0, y: 0 },
        { x: 0.5, y: 0.5 },
        { x: 1, y: 1 },
      ],
    ],
    'flat_mask',
    'masks.1',
  ],
  [
    'a point',
    [
      [
        { x: 0.5, y: 0.5 },
        { x: 0.5, y: 0.5 },
        { x: 0.5, y: 0.5 },
      ],
    ],
    'flat_mask',
    'masks.0',
  ],
  ['too many', Array.from({ length: 17 }, () => LEFT), 'bad_request', 'masks'],
])('a mask of %s is refused', async (_, masks, code, field) => {
  expect(await setMasks('pi/yard', masks)).toMatchObject({ status: 400, body: { error: { code, field } } })
})

test('the same picture sent to two cameras: what is shown of one never comes from the other', async () => {
  await setMasks('pi/masked', [LEFT])
  const picture = await white(77)
  const narrowed = async (frame: string) => {
    const headers = { authorization: 'Bearer the-admin-token-of-the-tests' }
    const response = await fetch(`${server.url}/api/frames/${frame}/image?width=160`, { headers })
    return halves(new Uint8Array(await response.arrayBuffer()))
  }
  expect(await narrowed(await server.send('pi/open', picture))).toEqual([255, 255])
  expect(await narrowed(await server.send('pi/masked', picture))).toEqual([0, 255])
})
