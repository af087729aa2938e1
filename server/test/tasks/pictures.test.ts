import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Image, loadImage, toJpeg, writeFits } from '@ajar/images'
import { describe, expect, onTestFinished, test } from 'vitest'
import { workOf } from '../../src/tasks/runners/work.ts'
import averagePixel from '../../tasks/average_pixel.ts'
import cameraHealth from '../../tasks/camera_health.ts'
import graphPixel from '../../tasks/graph_pixel.ts'
import graphProj from '../../tasks/graphProj.ts'
import hotPixel from '../../tasks/hot_pixel.ts'
import noise from '../../tasks/noise.ts'
import { chance, pictureOf } from '../operations/pictures.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const TASKS = { averagePixel, noise, hotPixel, graphPixel, graphProj, cameraHealth }

const random = chance(17)
const rect = (x1: number, x2: number, y1: number, y2: number) => ({ type: 'rect', value: { x1, x2, y1, y2 } })
const circ = (center_x: number, center_y: number, radius: number) => ({
  type: 'circ',
  value: { center_x, center_y, radius },
})

const PICTURES: Record<string, Image> = {
  'of 16 bits': pictureOf(new Int16Array(70 * 50), 70, 1, () => Math.round(2000 * (random() + random()) - 1500)),
  'of floats, some blank': pictureOf(new Float32Array(64 * 48), 64, 1, (x, y) =>
    (x + y) % 7 === 0 || y === 20 ? Number.NaN : 1e-3 * random() ** 3,
  ),
  'in colour': pictureOf(
    new Uint8Array(60 * 40 * 3),
    60,
    3,
    (x, y, plane) => (x * 3 + y * (plane + 1) + 40 * random()) % 256,
  ),
}

const REGIONS: Record<string, object | null> = {
  'all of it': null,
  'a rectangle': rect(5, 33, 7, 29),
  'one that reaches over two edges': rect(-10, 12, 30, 1000),
  'one between pixels': rect(4.5, 20.5, 2.01, 19.99),
  'a circle': circ(24, 18, 11),
  'a circle between pixels, over an edge': circ(3.5, 20.25, 9.3),
}

/** A part of the levels of each. */
const PARTS: Record<string, [number, number]> = {
  'of 16 bits': [-0.1, 1234.5],
  'of floats, some blank': [1e-5, 5e-4],
  'in colour': [100, 200],
}

const ASKED = [
  { bins: 13, low: null, high: null, threshold: 'max', rows: 4 },
  { bins: 'auto', low: null, high: null, threshold: 0.0005, rows: 1 },
  { bins: 'auto', low: 'part', high: 'part', threshold: 100, rows: 100 },
]

// biome-ignore lint/suspicious/noExplicitAny: results of every shape
async function run(name: keyof typeof TASKS, params: Record<string, unknown>, out: string): Promise<any> {
  return JSON.parse(JSON.stringify(await TASKS[name](params, workOf(out, out))))
}

describe.each(Object.keys(PICTURES))('a picture %s', (kind) => {
  test('is measured as by numpy', async () => {
    const folder = await temporaryFolder(onTestFinished)
    let [image, path] = [PICTURES[kind] as Image, join(folder, 'picture.fits')]
    if (kind === 'in colour') {
      path = join(folder, 'picture.jpg')
      await writeFile(path, await toJpeg(image, { stretch: null }))
      // As it is decoded here: another decoder's levels may differ by one.
      image = await loadImage(path)
    }
    const file = join(folder, 'for-numpy.fits')
    await writeFits(file, image)
    if (kind !== 'in colour') path = file
    const [from, to] = PARTS[kind] as [number, number]
    const asks = ASKED.map((one) => (one.low === 'part' ? { ...one, low: from, high: to } : one))
    const cases = Object.entries(REGIONS).flatMap(([where, region]) => asks.map((asked) => ({ where, region, asked })))
    const script = join(import.meta.dirname, 'judge.py')
    const questions = cases.map(({ region, asked }) => ({ file, region, ...asked }))
    const judged = JSON.parse(
      execFileSync('/usr/bin/python3', [script, JSON.stringify(questions)], { encoding: 'utf8', maxBuffer: 64 << 20 }),
    )
    for (const [i, { where, region, asked }] of cases.entries()) {
      const theirs = judged[i]
      const told = { _imageURL: path, region }
      const close = (ours: number, their: number) =>
        expect([where, ours / their - 1]).toEqual([where, expect.closeTo(0, 11)])
      close(Number((await run('averagePixel', told, folder)).result), theirs.mean)
      close(Number((await run('noise', told, folder)).noise), theirs.noise)
      const hot = await run('hotPixel', { ...told, threshold: asked.threshold }, folder)
      expect([where, hot.hotPixels.map(({ x, y }: { x: number; y: number }) => [x, y])]).toEqual([where, theirs.hot])
      const { bins, low, high } = asked
      const graph = await run('graphPixel', { ...told, bins, min: low ?? 'auto', max: high ?? 'auto' }, folder)
      expect([where, graph.main.map(([count]: number[]) => count)]).toEqual([where, theirs.counts])
      expect(graph.main.map(([, from]: number[]) => from)).toEqual(theirs.edges.slice(0, -1))
      expect(graph.main.at(-1)[2]).toBe(theirs.edges.at(-1))
      expect([graph.underflow[0][0], graph.overflow[0][0]]).toEqual([theirs.below, theirs.above])
      const { projs } = await run('graphProj', { ...told, rowsperbin: asked.rows }, folder)
      expect(projs.map(([, from, to]: number[]) => [from, to])).toEqual(
        theirs.projs.map(([, from, to]: number[]) => [from, to]),
      )
      for (const [at, [mean]] of projs.entries()) close(mean, theirs.projs[at][0])
    }
  })
})

test('levels at the limits: told the other way round, all alike, and none in the range', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const _imageURL = join(folder, 'flat.fits')
  await writeFits(
    _imageURL,
    pictureOf(new Uint8Array(12), 4, 1, () => 7),
  )
  const of = (params: object) => run('graphPixel', { _imageURL, ...params }, folder)
  expect(await of({ bins: 'auto' })).toMatchObject({ main: [[12, 6.5, 7.5]], underflow: [[0, 5.5, 6.5]] })
  expect(await of({ bins: 2, min: '10', max: 0 })).toMatchObject({
    main: [
      [0, 0, 5],
      [12, 5, 10],
    ],
  })
  expect(await of({ bins: 'auto', min: 20, max: 30 })).toMatchObject({ main: [[0, 20, 30]], underflow: [[12, 10, 20]] })
})

test('a picture, or a region, of blanks alone is an error; rows of blanks are left out', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const _imageURL = join(folder, 'blank.fits')
  await writeFits(
    _imageURL,
    pictureOf(new Float32Array(20), 4, 1, (_, y) => (y < 3 ? Number.NaN : y)),
  )
  for (const name of ['averagePixel', 'noise', 'hotPixel', 'graphPixel'] as const)
    await expect(run(name, { _imageURL, region: rect(0, 3, 0, 2) }, folder)).rejects.toThrow(
      'all pixels of the region are blank',
    )
  expect(await run('graphProj', { _imageURL, rowsperbin: 2 }, folder)).toEqual({
    projs: [
      [3, 2, 4],
      [4, 4, 6],
    ],
  })
  await expect(run('cameraHealth', { _imageURL }, folder)).resolves.toMatchObject({ brightness: 3.5 })
})

test('tables of what has rows, where CSV is asked for', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const _imageURL = join(folder, 'ramp.fits')
  await writeFits(
    _imageURL,
    pictureOf(new Int16Array(6), 3, 1, (x, y) => 3 * y + x),
  )
  const csv = async (name: keyof typeof TASKS, params: object) =>
    readFile((await run(name, { _imageURL, _type: '.csv', ...params }, folder)).outfile, 'utf8')
  expect(await csv('averagePixel', {})).toBe('result\n2.5\n')
  expect(await csv('hotPixel', { threshold: 4 })).toBe('x,y\n1,1\n2,1\n')
  expect(await csv('graphProj', {})).toBe('mean,rowStart,rowEnd\n1,0,1\n4,1,2\n')
  expect(await csv('graphPixel', { bins: 1, min: 1, max: 9 })).toBe('count,low,high\n1,-7,1\n5,1,9\n0,9,17\n')
})

test('the health of a camera: what a picture does not tell is left out', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const [bytes, floats] = [join(folder, 'bytes.fits'), join(folder, 'floats.fits')]
  const level = (x: number, y: number) => (x === 9 && y === 5 ? 255 : 100 + ((x + y) % 2))
  await writeFits(bytes, pictureOf(new Uint8Array(400), 20, 1, level))
  await writeFits(floats, pictureOf(new Float32Array(400), 20, 1, level))
  expect(await run('cameraHealth', { _imageURL: bytes }, folder)).toMatchObject({
    ...{ hot_pixels: 1, too_dark: 0, too_bright: 1 / 400, brightness: expect.closeTo(100.8875, 9) },
  })
  const found = await run('cameraHealth', { _imageURL: floats }, folder)
  expect(Object.keys(found)).toEqual(['hot_pixels', 'noise', 'sharpness', 'brightness'])
})
