import { Gate, LuminanceReader, renderDoor } from '@ajar/edge-agent'
import jpegJs from 'jpeg-js'
import sharp from 'sharp'
import { median } from './peers.ts'

/** What it costs to see whether a picture changed: our reader of luminance against decoders of whole pictures. */

const [WIDTH, HEIGHT] = [1280, 720]
const ROUNDS = 15
/** Of the quick ones, so many make one time. */
const AT_ONCE = 10

export default async function gate() {
  sharp.concurrency(1)
  sharp.cache(false)
  for (const quality of [80, 93]) await measure(`a rendered door, quality ${quality}`, await door(quality))
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
      const before = performance.now()
      for (let i = 0; i < times; i++) await run()
      if (round >= 0) taken.get(name)?.push((performance.now() - before) / times)
    }
  console.log(
    `${what}, ${WIDTH}x${HEIGHT}, ${Math.round(jpeg.length / 1000)} kB; medians of ${ROUNDS} alternating rounds`,
  )
  const ours = median(taken.get('ours: luminance / 8') ?? [])
  for (const [name, times] of taken) {
    console.log(`  ${name}: ${median(times).toFixed(2)} ms, ${(median(times) / ours).toFixed(1)} times ours`)
  }
}

async function door(quality: number): Promise<Buffer> {
  const rendered = await renderDoor({ seed: 3, atMs: 300_000, width: WIDTH, height: HEIGHT })
  return await sharp(rendered).jpeg({ quality }).toBuffer()
}
