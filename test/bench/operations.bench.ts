import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { renderDoor } from '@ajar/edge-agent'
import { writeFits } from '@ajar/images'
import sharp from 'sharp'
import { median } from './peers.ts'

/**
 * The laboratory's Median and Stacking against numpy with astropy and PIL, from the same files, alternated: each in a process
 * of its own, timed from the first file to the result. What the files hold is checked to come out alike.
 */

const [WIDTH, HEIGHT] = [1280, 720]
const FRAMES = Number(process.env.AJAR_BENCH_FRAMES ?? 200)
/** The median of so many has to do with 1 GB of memory. */
const MANY = 1000
const ROUNDS = Number(process.env.AJAR_BENCH_ROUNDS ?? 3)

const OURS = fileURLToPath(new URL('../../server/test/operations/combining-child.ts', import.meta.url))
const NUMPY = fileURLToPath(new URL('operations-numpy.py', import.meta.url))

interface Measured {
  ms: number
  processorMs: number
  peakBytes: number
  sum: number
}

/** @param frames how many pictures are combined */
export default async function operations(frames = FRAMES) {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-bench-'))
  try {
    console.log(
      `${frames} files of ${WIDTH}x${HEIGHT}; medians of ${ROUNDS} alternating rounds; ratio: numpy's time / ours`,
    )
    for (const kind of ['FITS int16', 'FITS float32', 'JPEG, colour'] as const) {
      const list = join(folder, 'list')
      const paths = await written(folder, kind, frames)
      await writeFile(list, paths.join('\n'))
      for (const what of ['median', 'stack']) await compare(`${what}, ${kind}`, what, list)
      if (kind === 'JPEG, colour') await manyFrames(paths, list)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function compare(name: string, what: string, list: string) {
  const ours: Measured[] = []
  const numpy: Measured[] = []
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await measured(process.execPath, [OURS, what, list]))
    numpy.push(await measured('/usr/bin/python3', [NUMPY, what, list]))
  }
  const of = (all: Measured[], key: keyof Measured) => median(all.map((one) => one[key]))
  const ratio = (key: keyof Measured) => (of(numpy, key) / of(ours, key)).toFixed(2)
  const side = (all: Measured[]) =>
    `${(of(all, 'ms') / 1000).toFixed(2)} s (processor ${(of(all, 'processorMs') / 1000).toFixed(2)} s), ` +
    `${Math.round(of(all, 'peakBytes') / 1e6)} MB at most`
  console.log(
    `${name}: ours ${side(ours)}; numpy ${side(numpy)}; ratio ${ratio('ms')}, of processor ${ratio('processorMs')}`,
  )
  // Two decoders of JPEG differ by a level here and there.
  const apart = Math.abs(of(ours, 'sum') / of(numpy, 'sum') - 1)
  if (apart > (name.includes('JPEG') ? 1e-2 : 1e-6)) throw new Error(`${name}: results are ${apart} apart`)
}

/** More of them than memory would hold. */
async function manyFrames(paths: string[], list: string) {
  const all = Array.from({ length: MANY }, (_, i) => paths[i % paths.length])
  await writeFile(list, all.join('\n'))
  const { ms, processorMs, peakBytes } = await measured(process.execPath, [OURS, 'median', list])
  const raw = (MANY * WIDTH * HEIGHT * 3) / 1e6
  console.log(
    `median of ${MANY} JPEG frames, ${raw} MB of samples: ${(ms / 1000).toFixed(1)} s (processor ` +
      `${(processorMs / 1000).toFixed(1)} s), ${Math.round(peakBytes / 1e6)} MB at most`,
  )
  if (peakBytes > 1e9) throw new Error('that is more than 1 GB')
}

async function measured(program: string, args: string[]): Promise<Measured> {
  const { stdout } = await promisify(execFile)(program, args)
  return JSON.parse(stdout) as Measured
}

/** A scene with noise of its own in each file. */
async function written(
  folder: string,
  kind: 'FITS int16' | 'FITS float32' | 'JPEG, colour',
  frames: number,
): Promise<string[]> {
  const paths: string[] = []
  for (let i = 0; i < frames; i++) {
    const isJpeg = kind.startsWith('JPEG')
    const path = join(folder, `${kind.replaceAll(/\W+/g, '-')}-${i}.${isJpeg ? 'jpg' : 'fits'}`)
    paths.push(path)
    if (isJpeg) {
      const door = await renderDoor({ seed: i, atMs: i * 60_000, width: WIDTH, height: HEIGHT })
      await writeFile(path, await sharp(door).jpeg({ quality: 85 }).toBuffer())
      continue
    }
    const samples = new (kind === 'FITS int16' ? Int16Array : Float32Array)(WIDTH * HEIGHT)
    for (let at = 0; at < samples.length; at++) samples[at] = 1000 + (at % WIDTH) + 30 * noise()
    await writeFits(path, { width: WIDTH, height: HEIGHT, planes: 1, samples })
  }
  return paths
}

/** Normally distributed, nearly: by the central limit. */
function noise(): number {
  return (Math.random() + Math.random() + Math.random() + Math.random() - 2) * Math.sqrt(3)
}
