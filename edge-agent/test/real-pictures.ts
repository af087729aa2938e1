import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp, { type OutputInfo } from 'sharp'
import type { TestContext } from 'vitest'
import { needs } from '../../test/setup/needs.ts'

/** Real pictures of fixed cameras; they are not part of the repository. */
const folder = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))

/** Skips a test, and says so, where there are none; fails it where CI is set. */
export function needsRealPictures(context: TestContext): void {
  const there = ['webcams', 'parking'].every((name) => existsSync(join(folder, name)))
  needs(there, `${folder} lacks webcams/ or parking/: set AJAR_TEST_DATA to a folder that holds them`, context)
}

/** The first JPEGs in the folder `path` below that of real pictures, by name; all of them unless told. */
export async function picturesIn(path: string, most?: number): Promise<Buffer[]> {
  const names = (await readdir(join(folder, path))).filter((name) => name.endsWith('.jpg')).sort()
  return await Promise.all(names.slice(0, most).map((name) => readFile(join(folder, path, name))))
}

/** The folders of real webcams, each with `day` and `night`. */
export async function webcams(): Promise<string[]> {
  return (await readdir(join(folder, 'webcams'))).sort().map((name) => `webcams/${name}`)
}

/** The pixels of a picture, as the sensor of a camera would give them to its encoder. */
export async function pixelsOf(jpeg: Uint8Array): Promise<{ data: Uint8Array; info: OutputInfo }> {
  return await sharp(jpeg).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true })
}

/** The same scene seen again: other light (a factor), grain of so many levels, and encoded anew. */
export async function seenAgain(
  jpeg: Uint8Array,
  {
    light = 1,
    grain = 0,
    quality = 80,
    random = Math.random,
  }: { light?: number; grain?: number; quality?: number; random?: () => number },
): Promise<Uint8Array> {
  const { data, info } = await pixelsOf(jpeg)
  const out = new Uint8ClampedArray(data.length)
  for (let i = 0; i < data.length; i += info.channels) {
    // Box and Muller's way to a normal distribution.
    const noise = grain * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    for (let c = i; c < i + info.channels; c++) out[c] = light * (data[c] ?? 0) + noise
  }
  return await sharp(out, { raw: { width: info.width, height: info.height, channels: info.channels } })
    .jpeg({ quality })
    .toBuffer()
}

/** Numbers from 0 to 1 that are the same at every run. */
export function chances(seed: number): () => number {
  let state = seed
  return () => {
    // An xorshift of 32 bits.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
