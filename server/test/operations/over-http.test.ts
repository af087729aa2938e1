import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../../test/setup/after-file.ts'
import { CAMERA, door, label, train } from '../lesson.ts'
import { RunningServer, until } from '../running-server.ts'

/** Each operation once through a real server, with its worker, on frames that came in and were classified. */

const FRAMES = 12
const FROM = Date.now() - 3_600_000
let server: RunningServer
let session = 0

beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await label(server, 8)
  expect((await train(server)).state).toBe('done')
  for (let i = 0; i < FRAMES; i++) {
    const jpeg = await door(i >= 4 && i < 8 ? 'open' : 'closed', 300 + i)
    await server.ended(await server.send(CAMERA, jpeg, FROM + 10_000 * i))
  }
  const { status, body } = await server.call('POST', '/api/datasessions/', { name: 'a door', input_data: [query()] })
  expect([status, body.input_data?.length]).toEqual([201, FRAMES])
  session = body.id
}, 120_000)

function query() {
  return { type: 'fits', source: 'archive', query: { camera: CAMERA, from: FROM, to: FROM + 10_000 * FRAMES } }
}

/** Asks for an operation on all frames. @returns it once it has ended */
async function done(name: string, more: object = {}) {
  const path = `/api/datasessions/${session}/operations/`
  const { status, body } = await server.call('POST', path, { name, input_data: { input_files: [query()], ...more } })
  expect([status, body]).toEqual([201, expect.objectContaining({ name })])
  return until(async () => {
    const { body: now } = await server.call('GET', `${path}${body.id}/`)
    return ['COMPLETED', 'FAILED'].includes(now.status) && now
  })
}

const CASES: [string, object, string[], (data: Record<string, unknown>) => void][] = [
  [
    'Crop',
    { x: 10, y: 20, width: 100, height: 50 },
    new Array(FRAMES).fill('fits'),
    ({ file_count }) => expect(file_count).toBe(FRAMES),
  ],
  ['Threshold', {}, [...new Array(FRAMES).fill('fits'), 'table'], ({ method }) => expect(method).toBe('otsu')],
  ['Histogram', { bins: 64 }, ['image', 'table'], ({ planes }) => expect(planes).toHaveLength(3)],
  [
    'Difference From Background',
    { pictures: 2 },
    ['fits', 'table', 'image', 'image', 'fits', 'image', 'fits'],
    ({ files }) => {
      const shares = (files as { fraction: number }[]).map(({ fraction }) => fraction)
      expect(Math.min(...shares.slice(4, 8))).toBeGreaterThan(0.05)
    },
  ],
  [
    'Line Profile',
    { x1: 100, y1: 90, x2: 250, y2: 90 },
    ['table', 'table', 'table', 'fits', 'image', 'image'],
    ({ mean }) => expect(mean).toHaveLength(151),
  ],
  ['Classify', {}, ['table'], ({ agreement, models }) => expect([agreement, models]).toEqual([1, [`${CAMERA}@1`]])],
  [
    'Door Timeline',
    { time_zone: 'Europe/Vienna' },
    ['table', 'image'],
    ({ files }) => expect(files).toMatchObject([{ camera: CAMERA, openings: 1, longest_open: { seconds: 40 } }]),
  ],
  ['Time-lapse', { fps: 4 }, ['video'], ({ pictures, seconds }) => expect([pictures, seconds]).toEqual([FRAMES, 3])],
  ['Contact Sheet', { columns: 4 }, ['image'], ({ shown }) => expect(shown).toBe(FRAMES)],
  [
    'Frame Statistics',
    {},
    ['table', 'table', 'image'],
    ({ sensor }) => expect(sensor).toMatchObject({ files: FRAMES }),
  ],
]

test.each(CASES)(
  '%s',
  async (name, more, types, look) => {
    const { status, message, output } = await done(name, more)
    expect([status, message]).toEqual(['COMPLETED', expect.any(String)])
    expect(output.output_files.map(({ type }: { type: string }) => type)).toEqual(types)
    look(output.output_data[0])
    expect(output.output_data[0].left_out).toEqual([])
  },
  60_000,
)

test('what is wrong with what was given is told as it is', async () => {
  const crop = await done('Crop', { x: 300, y: 0, width: 100, height: 10 })
  expect(crop).toMatchObject({ status: 'FAILED', message: expect.stringMatching(/which is 320 x 180 in colour/) })
  const model = await done('Classify', { model: 'pi/door@77' })
  expect(model).toMatchObject({ status: 'FAILED', message: expect.stringMatching(/there is no model pi\/door@77/) })
})
