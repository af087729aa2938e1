import { execFile, execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { expect } from 'vitest'
import { JpegSplitter } from '../src/capture/stream/splitter.ts'
import { program, withoutTables } from './cameras.ts'

const run = promisify(execFile)

/** The pictures encoded by ffmpeg with the Huffman tables that everybody knows, as webcams do. */
export async function asWebcam(pictures: Buffer[], folder: string): Promise<Buffer[]> {
  await Promise.all(pictures.map((picture, i) => writeFile(join(folder, `${i}.jpg`), picture)))
  const input = ['-v', 'error', '-f', 'image2', '-i', join(folder, '%d.jpg')]
  const output = ['-c:v', 'mjpeg', '-huffman', 'default', '-pix_fmt', 'yuvj420p', '-f', 'mjpeg', 'pipe:1']
  const { stdout } = await run('ffmpeg', [...input, ...output], { encoding: 'buffer', maxBuffer: 100_000_000 })
  const encoded: Buffer[] = []
  const splitter = new JpegSplitter({ maxBytes: 1e6, onPicture: (jpeg) => encoded.push(Buffer.from(jpeg)) })
  splitter.push(stdout, { wallMs: 0, monotonicMs: 0 })
  return encoded
}

interface Webcam {
  /** What `-list_formats` tells. */
  formats: string
  /** What stands in the place of `-f v4l2 ... -i DEVICE`. */
  input: string[]
}

/**
 * There is no video device where tests run: an `ffmpeg` that replaces that input alone, by a file, and calls the real one with
 * all its other arguments. Those that stood for the device are written to `device-args`.
 */
export async function fakeWebcam(folder: string, { formats, input }: Webcam): Promise<void> {
  const real = execFileSync('which', ['ffmpeg'], { encoding: 'utf8' }).trim()
  const body = `
    const [from, to] = [args.indexOf('-f'), args.indexOf('-i')]
    if (args[from + 1] !== 'v4l2') throw new Error('no v4l2 input')
    if (args.includes('-list_formats')) {
      process.stderr.write(${JSON.stringify(formats)}, () => process.exit(1))
      return
    }
    fs.writeFileSync(${JSON.stringify(join(folder, 'device-args'))}, args.slice(from, to + 2).join(' '))
    const all = [...args.slice(0, from), ...${JSON.stringify(input)}, ...args.slice(to + 2)]
    const { status } = require('node:child_process').spawnSync(${JSON.stringify(real)}, all, { stdio: 'inherit' })
    process.exit(status)`
  await program(folder, 'ffmpeg', body)
}

/** All pictures one after the other in a file, without their Huffman tables. */
export async function mjpegWithoutTables(pictures: Buffer[], file: string): Promise<void> {
  await writeFile(file, Buffer.concat(pictures.map(withoutTables)))
}

/** Fails unless the two decode to the same pixels. */
export async function expectSamePixels(one: Uint8Array, other: Uint8Array): Promise<void> {
  const [a, b] = await Promise.all([one, other].map((jpeg) => sharp(jpeg).raw().toBuffer()))
  expect(a?.equals(b as Buffer)).toBe(true)
}
