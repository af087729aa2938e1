import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Image, loadImage, writeFits } from '@ajar/images'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { fileAt, run } from './in-memory.ts'

/** Median, Stacking, Subtraction and Normalization of files, held to what numpy makes of the same files. */

const GREY = [23, 31]
const COLOUR = [3, 23, 31]

test.each([
  { kind: 'u1', count: 5, shape: GREY },
  { kind: 'i2', count: 5, shape: GREY },
  { kind: 'i2', count: 6, shape: COLOUR },
  { kind: 'u2', count: 6, shape: GREY },
  { kind: 'i4', count: 4, shape: GREY },
  { kind: 'f4', count: 7, shape: COLOUR },
  { kind: 'f8', count: 6, shape: GREY },
  { kind: 'blank', count: 6, shape: GREY },
  { kind: 'nan', count: 7, shape: COLOUR },
  { kind: 'rice', count: 5, shape: GREY },
  { kind: 'gzip', count: 4, shape: GREY },
])('$kind $shape, $count files', async ({ kind, count, shape }) => {
  const folder = await temporaryFolder(onTestFinished)
  const files = await numpy('make', folder, { kind, count, shape })
  await holdToNumpy(folder, files, files)
})

test('colour frames, JPEG', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const frames: string[] = []
  const decoded: string[] = []
  for (let i = 0; i < 6; i++) {
    const frame = join(folder, `frame-${i}.jpg`)
    await writeFile(frame, await noisyJpeg(i))
    frames.push(frame)
    decoded.push(`${frame}.fits`)
    await writeFits(`${frame}.fits`, await loadImage(frame))
  }
  await holdToNumpy(folder, frames, decoded)
})

async function noisyJpeg(seed: number): Promise<Buffer> {
  const [width, height] = [40, 24]
  let state = seed + 1
  const pixels = Uint8Array.from(new Array(3 * width * height).keys(), () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return state >>> 24
  })
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

/** @param decoded the same pictures, as astropy reads them */
async function holdToNumpy(folder: string, files: string[], decoded: string[]) {
  const input_files = files.map((path) => fileAt(path))
  const judged = await numpy('judge', folder, { files: decoded, subtracted: decoded.at(-1) })
  const madeBy = async (name: string, more: object = {}) => {
    const { fits } = await run(name, { input_files, ...more }, onTestFinished)
    return [...fits.values()].map(({ image }) => image)
  }
  await expectClose(await madeBy('Median'), judged.median, 1)
  await expectClose(await madeBy('Stacking'), judged.sum, 1)
  await expectClose(await madeBy('Stacking', { method: 'mean' }), judged.mean, 1)
  const subtraction_file = input_files.slice(-1)
  await expectClose(await madeBy('Subtraction', { subtraction_file }), judged.subtracted, files.length)
  await expectClose(await madeBy('Normalization'), judged.normalized, files.length)
}

/** The first, to the precision of the floating point that holds it; blank where numpy's is. */
async function expectClose(images: Image[], path: string, count: number) {
  expect(images).toHaveLength(count)
  const bytes = await readFile(path)
  const expected = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)
  const samples = images[0]?.samples ?? new Float64Array()
  expect(samples).toHaveLength(expected.length)
  const precision = samples instanceof Float32Array ? 2 ** -23 : 2 ** -50
  const wrong = Array.from(expected, (value, i) => [value, samples[i] as number] as const).filter(([value, ours]) =>
    Number.isNaN(value) ? !Number.isNaN(ours) : !(Math.abs(ours - value) <= precision * Math.max(1, Math.abs(value))),
  )
  expect(wrong).toEqual([])
}

// biome-ignore lint/suspicious/noExplicitAny: what each answers is another thing
async function numpy(what: 'make' | 'judge', folder: string, asked: object): Promise<any> {
  const script = fileURLToPath(new URL('arithmetic.py', import.meta.url))
  return new Promise((resolve, reject) => {
    const child = execFile('/usr/bin/python3', [script, what, folder], (error, stdout, stderr) =>
      error ? reject(new Error(`${error.message}${stderr}`)) : resolve(JSON.parse(stdout)),
    )
    child.stdin?.end(JSON.stringify(asked))
  })
}
