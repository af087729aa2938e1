import { createHash } from 'node:crypto'
import { renderDoor } from '@ajar/edge-agent'
import sharp from 'sharp'

const START = Buffer.from([0xff, 0xd8])
const COMMENT = 0xfe
/** Noon of the rendered day: the door is seen well. */
const NOON_MS = 300_000

/** A rendered door. */
export async function door(state: 'open' | 'closed', atMs = NOON_MS): Promise<Buffer> {
  return Buffer.from(await renderDoor({ seed: 3, atMs, state, width: 320, height: 180 }))
}

/** The same picture with other bytes: a comment stands in its header. */
export function withComment(jpeg: Uint8Array, text: string): Buffer {
  const comment = Buffer.from(text)
  const length = comment.length + 2
  return Buffer.concat([START, Buffer.from([0xff, COMMENT, length >> 8, length & 255]), comment, jpeg.subarray(2)])
}

/** A whole JPEG of one grey pixel. */
export function onePixel(): Promise<Buffer> {
  return sharp({ create: { width: 1, height: 1, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer()
}

/** A few bytes that say they are a picture of `width` x `height` (ITU T.81, B.2.2): start, size, end. */
export function headerOnly(width: number, height: number): Buffer {
  const size = [height >> 8, height & 255, width >> 8, width & 255]
  const frame = [0xff, 0xc0, 0, 11, 8, ...size, 1, 1, 0x11, 0]
  return Buffer.from([...START, ...frame, 0xff, 0xd9])
}

/** A JPEG of at least `bytes`: noise does not compress. */
export async function heavy(bytes: number): Promise<Buffer> {
  const side = Math.ceil(Math.sqrt(1.2 * bytes))
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const
  const picture = sharp({ create: { width: side, height: side, channels: 3, background: '#000', noise } })
  const jpeg = await picture.jpeg({ quality: 95 }).toBuffer()
  if (jpeg.length < bytes) throw new Error(`the noise took only ${jpeg.length} bytes of ${bytes}`)
  return jpeg
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
