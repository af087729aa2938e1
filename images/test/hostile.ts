import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ImageError, imageInfo, loadImage } from '../src/index.ts'

/** The same numbers each time (mulberry32). */
export function randomOf(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

export interface Outcome {
  images: number
  /** By code. */
  refused: Record<string, number>
  /** What was neither: the file, the seed of its harm, the error. */
  faults: string[]
  /** The most memory that this process had, in bytes. */
  memory: number
}

/** One harm done to good bytes. */
function harmed(good: Buffer, random: () => number): Buffer {
  const below = (most: number) => Math.floor(random() * most)
  let bytes = Buffer.from(good)
  for (let times = 1 + below(3); times > 0; times--) {
    const kind = below(7)
    if (kind === 0) bytes = bytes.subarray(0, below(bytes.length))
    else if (kind === 1) for (let i = below(30); i >= 0; i--) bytes[below(bytes.length)] = below(256)
    else if (kind === 2) for (let i = below(10); i >= 0; i--) bytes[below(Math.min(bytes.length, 5760))] = below(256)
    else if (kind === 3) renumber(bytes, random)
    else if (kind === 4) {
      const [from, to, length] = [below(bytes.length), below(bytes.length), below(500)]
      bytes.copyWithin(to, from, from + length)
    } else if (kind === 5) {
      const [from, length] = [below(bytes.length), below(3000)]
      bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)])
    } else bytes.fill(below(2) * 255, below(bytes.length), below(bytes.length))
    if (bytes.length === 0) return bytes
  }
  return bytes
}

/** Another number where a header has one. */
function renumber(bytes: Buffer, random: () => number) {
  const cards = [...bytes.toString('latin1').matchAll(/[A-Z0-9]{4,8} *= +(-?\d+) /g)]
  const card = cards[Math.floor(random() * cards.length)]
  if (!card) return
  const numbers = [
    '0',
    '-1',
    '1',
    '3',
    '7',
    '999',
    '65536',
    '2147483647',
    '-2147483648',
    '999999999999',
    '1e300',
    '0.5',
  ]
  const number = numbers[Math.floor(random() * numbers.length)] as string
  bytes.write(`= ${number.padStart(20)} `, (card.index as number) + 8, 'latin1')
}

/** Opens harmed copies of files, and counts what comes of them. */
export async function tryHarmed(folder: string, files: string[], times: number): Promise<Outcome> {
  const outcome: Outcome = { images: 0, refused: {}, faults: [], memory: 0 }
  for (const file of files) {
    const good = readFileSync(join(folder, file))
    for (let seed = 1; seed <= times; seed++) {
      const bytes = harmed(good, randomOf(seed))
      await tryBytes(bytes, `${file} ${seed}`, outcome)
      if (seed % 5 === 0 && !file.endsWith('.gz'))
        await tryBytes(gzipSync(bytes, { level: 1 }), `${file}.gz ${seed}`, outcome)
    }
  }
  outcome.memory = process.resourceUsage().maxRSS * 1024
  return outcome
}

async function tryBytes(bytes: Buffer, name: string, outcome: Outcome) {
  try {
    const { width, height, planes } = await imageInfo(bytes)
    const { samples } = await loadImage(bytes)
    if (samples.length !== width * height * planes) throw new Error('Samples are missing.')
    outcome.images++
  } catch (error) {
    if (error instanceof ImageError) outcome.refused[error.code] = (outcome.refused[error.code] ?? 0) + 1
    else outcome.faults.push(`${name}: ${error instanceof Error ? error.stack : error}`)
  }
}

if (import.meta.main) {
  const [folder = '', times = '', ...files] = process.argv.slice(2)
  console.log(JSON.stringify(await tryHarmed(folder, files, Number(times))))
}
