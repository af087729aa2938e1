import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { writeFits } from '@ajar/images'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { chance, pictureOf } from './pictures.ts'

/** What combining takes of memory, in a process of its own: what it may, and not what all pictures would take. */

const [WIDTH, HEIGHT] = [1280, 720]
const CHILD = fileURLToPath(new URL('combining-child.ts', import.meta.url))
/** What decoding a few pictures, their garbage and compiled code take beside. */
const BESIDE = 200e6

test.each([
  { what: 'median', kind: 'jpg', frames: 240, sampleBytes: 3, memoryBytes: 210e6 },
  { what: 'median', kind: 'fits', frames: 150, sampleBytes: 4, memoryBytes: 100e6 },
  { what: 'stack', kind: 'fits', frames: 150, sampleBytes: 4, memoryBytes: 5e6 },
])(
  '$what of $frames $kind within $memoryBytes bytes',
  async ({ what, kind, frames, sampleBytes, memoryBytes }) => {
    const all = frames * WIDTH * HEIGHT * sampleBytes
    expect(all).toBeGreaterThan(memoryBytes + BESIDE)
    const list = await listOf(kind, frames)
    const { baseBytes, peakBytes } = await combined(what, list, memoryBytes)
    expect(peakBytes - baseBytes).toBeLessThan(memoryBytes + BESIDE)
  },
  300_000,
)

/** A list of so many pictures, of which the disk holds a few. */
async function listOf(kind: string, frames: number): Promise<string> {
  const folder = await temporaryFolder(onTestFinished)
  const paths: string[] = []
  for (let i = 0; i < 5; i++) {
    const random = chance(i)
    const path = join(folder, `${i}.${kind}`)
    paths.push(path)
    if (kind === 'fits')
      await writeFits(
        path,
        pictureOf(new Float32Array(WIDTH * HEIGHT), WIDTH, 1, () => random()),
      )
    else {
      const noise = { type: 'gaussian', mean: 60 + 30 * i, sigma: 10 } as const
      const create = { width: WIDTH, height: HEIGHT, channels: 3, noise, background: 'black' } as const
      await writeFile(path, await sharp({ create }).jpeg().toBuffer())
    }
  }
  const list = join(folder, 'list')
  await writeFile(list, Array.from({ length: frames }, (_, i) => paths[i % paths.length]).join('\n'))
  return list
}

async function combined(what: string, list: string, memoryBytes: number) {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, what, list, `${memoryBytes}`])
  console.log(`${what}: ${stdout.trim()}`)
  return JSON.parse(stdout) as { baseBytes: number; peakBytes: number }
}
