import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'
import type { Picture } from '../src/capture/driver.ts'
import { type CameraConfig, openCamera } from '../src/capture/drivers.ts'
import { checkConfig, systemClock } from '../src/index.ts'
import { notebook, temporaryFolder } from './places.ts'
import { needsRealPictures, picturesIn } from './real-pictures.ts'

/** Real pictures of a webcam, and one that is small enough for a thumbnail. */
export async function realPictures(context: TestContext): Promise<{ webcam: Buffer[]; thumbnail: Buffer }> {
  needsRealPictures(context)
  const webcam = await picturesIn('webcams/cam-640x372/day', 6)
  const [thumbnail] = await picturesIn('parking/empty', 1)
  return { webcam, thumbnail: thumbnail as Buffer }
}

/** The picture with an EXIF segment that holds a thumbnail: a JPEG within the JPEG. */
export function withThumbnail(picture: Buffer, thumbnail: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('Exif\0\0'), Buffer.alloc(16), thumbnail])
  const head = Buffer.from([0xff, 0xe1, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([picture.subarray(0, 2), head, body, picture.subarray(2)])
}

/** The picture without its Huffman tables, as many webcams send it. */
export function withoutTables(picture: Buffer): Buffer {
  const kept = [picture.subarray(0, 2)]
  for (let at = 2; ; ) {
    const end = at + 2 + picture.readUInt16BE(at + 2)
    const code = picture[at + 1]
    if (code === 0xda) return Buffer.concat([...kept, picture.subarray(at)])
    if (code !== 0xc4) kept.push(picture.subarray(at, end))
    at = end
  }
}

/** A folder that stands first on PATH until the test is over. */
export async function programs(): Promise<string> {
  const folder = await temporaryFolder()
  const before = process.env.PATH
  process.env.PATH = `${folder}${delimiter}${before}`
  onTestFinished(() => {
    process.env.PATH = before
  })
  return folder
}

/**
 * Puts a program of that name first on PATH; `body` is JavaScript. There are `out(bytes)`, which resolves when it is
 * written, `sleep(ms)`, `args`, and `picture(i)`, the files of `pictures` read.
 */
export async function program(folder: string, name: string, body: string, pictures: Buffer[] = []): Promise<void> {
  const data = join(folder, `${name}.data`)
  await mkdir(data, { recursive: true })
  await Promise.all(pictures.map((bytes, i) => writeFile(join(data, `${i}.jpg`), bytes)))
  const head = `#!${process.execPath}
const fs = require('node:fs')
const args = process.argv.slice(2)
const out = (bytes) => new Promise((done) => process.stdout.write(bytes, done))
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const picture = (i) => fs.readFileSync(${JSON.stringify(data)} + '/' + i + '.jpg')
const cameras = 'Available cameras\\n-----------------\\n0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c)\\n'
const main = async () => {
${body}
}
main()
`
  await writeFile(join(folder, name), head)
  await chmod(join(folder, name), 0o755)
}

/** A camera's config with its defaults, through the check every config goes through. */
export function camera(fields: Record<string, unknown>): CameraConfig {
  const written = { device: 'pi', token: 't', dataDir: 'unused', cameras: [{ name: 'cam', ...fields }] }
  const [checked] = checkConfig(written).cameras
  if (!checked) throw new Error('no camera')
  return checked
}

interface Taking {
  maxFrameBytes?: number
  /** Called after each picture. */
  onPicture?: () => void
}

/** Takes the first `most` pictures of a camera, in real time; or throws what the driver throws. */
export async function take(
  config: CameraConfig,
  most: number,
  { maxFrameBytes = 2_000_000, onPicture = () => {} }: Taking = {},
) {
  const log = notebook()
  const reported: string[] = []
  const stop = new AbortController()
  const pictures: Picture[] = []
  const parts = { clock: systemClock, log, signal: stop.signal, maxFrameBytes, room: async () => {}, lastDriver: null }
  for await (const picture of openCamera(config, { ...parts, report: (driver) => reported.push(driver) })) {
    pictures.push(picture)
    onPicture()
    if (pictures.length === most) stop.abort()
  }
  return { pictures, log, reported }
}
