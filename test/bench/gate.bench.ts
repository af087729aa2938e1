import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Gate, LuminanceReader, renderDoor } from '@ajar/edge-agent'
import jpegJs from 'jpeg-js'
import sharp from 'sharp'
import { median } from './peers.ts'

/**
 * What it costs to see whether a picture changed: our reader of luminance against decoders of whole pictures. In processor time
 * of all threads, since sharp has its own.
 */

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const STREET = `${DATA}/webcams/cam-1280x889/day/20151102_104038.jpg`
const [WIDTH, HEIGHT] = [1280, 720]
const ROUNDS = 15
/** Of the quick ones, so many make one time. */
const AT_ONCE = 10

export default async function gate() {
  sharp.concurrency(1)
  sharp.cache(false)
  await measure(
    'a rendered door',
    await encoded(await renderDoor({ seed: 3, atMs: 300_000, width: WIDTH, height: HEIGHT })),
  )
  const street = await readFile(STREET).catch(() => null)
  if (street) await measure('a street', await encoded(street))
}

async function measure(what: string, jpeg: Buffer) {
  const reader = new LuminanceReader()
  const silent = { info: () => {}, warn: () => {} }
  const whole = new Gate({ camera: 'cam', config: { difference: 0.01, heartbeatMs: 30_000 }, log: silent })
  const ways = {
    'ours: luminance / 8': { times: AT_ONCE, run: () => reader.read(jpeg) },
    'ours: the whole gate': { times: AT_ONCE, run: () => whole.judge(jpeg, 0) },
    'sharp: shrink on load, grey': {
      times: AT_ONCE,
      run: () =>
        sharp(jpeg)
          .resize(WIDTH / 8, HEIGHT / 8)
          .greyscale()
          .raw()
          .toBuffer(),
    },
    'jpeg-js': { times: 1, run: () => jpegJs.decode(jpeg, { useTArray: true, formatAsRGBA: false }) },
  }
  const taken = new Map(Object.keys(ways).map((name) => [name, [] as number[]]))
  // The first rounds are not counted: they warm.
  for (let round = -5; round < ROUNDS; round++)
    for (const [name, { times, run }] of Object.entries(ways)) {
      const before = process.cpuUsage()
      for (let i = 0; i < times; i++) await run()
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) taken.get(name)?.push((user + system) / 1000 / times)
    }
  console.log(
    `${what}, ${WIDTH}x${HEIGHT}, ${Math.round(jpeg.length / 1000)} kB; medians of ${ROUNDS} alternating rounds`,
  )
  const ours = median(taken.get('ours: luminance / 8') ?? [])
  for (const [name, times] of taken) {
    console.log(`  ${name}: ${median(times).toFixed(2)} ms, ${(median(times) / ours).toFixed(1)} times ours`)
  }
}

async function encoded(picture: Uint8Array): Promise<Buffer> {
  return await sharp(picture).resize(WIDTH, HEIGHT, { fit: 'fill' }).jpeg({ quality: 85 }).toBuffer()
}
