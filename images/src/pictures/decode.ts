import type { Metadata, Sharp } from 'sharp'
import { type Bytes, readAll } from '../bytes.ts'
import { checkRows } from '../fits/plain.ts'
import { newSamples } from '../fits/scale.ts'
import { MOST_PIXELS } from '../fits/units.ts'
import { type Card, ImageError, type ImageReader, type Samples } from '../image.ts'

export type PictureKind = 'jpeg' | 'png' | 'tiff'

/** What a file is by its first bytes; undefined for what this reads not. */
export function pictureKind(start: Uint8Array): PictureKind | undefined {
  const [a, b, c, d] = start
  if (a === 0xff && b === 0xd8 && c === 0xff) return 'jpeg'
  if (a === 0x89 && b === 0x50 && c === 0x4e && d === 0x47) return 'png'
  if (a === 0x49 && b === 0x49 && (c === 42 || c === 43) && d === 0) return 'tiff'
  if (a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43)) return 'tiff'
  return undefined
}

interface Upright {
  picture: Sharp
  width: number
  height: number
  planes: 1 | 3
  depth: keyof typeof DEPTHS
}

/** What sharp calls kinds of samples. Signed 16-bit ones lose their sign in it, and those of 8 bytes it does not read. */
const DEPTHS = {
  uchar: { sampleType: 'u8', samples: Uint8Array },
  ushort: { sampleType: 'u16', samples: Uint16Array },
  int: { sampleType: 'i32', samples: Int32Array },
  float: { sampleType: 'f32', samples: Float32Array },
} as const

/** All of it is decoded at once. In bytes. */
const MOST_MEMORY = 400e6
const MOST_FILE = 512 << 20

/** Upright, as its EXIF says, and without transparency. */
async function upright(bytes: Uint8Array): Promise<Upright> {
  const { default: sharp } = await import('sharp')
  const picture = sharp(bytes, { failOn: 'truncated', limitInputPixels: MOST_PIXELS })
  const metadata = await picture.metadata().catch((error: Error) => Promise.reject(imageErrorOf(error)))
  const isTurned = (metadata.orientation ?? 1) >= 5
  const planes = metadata.channels >= 3 ? 3 : 1
  const depth = metadata.depth as Upright['depth']
  if (!Object.hasOwn(DEPTHS, depth))
    throw new ImageError(
      'not_supported',
      `A picture with samples of the type ${depth} is not read; 8 and 16 bits without a sign are, and floating point.`,
    )
  // Sharp holds the limit to what it decodes; this is asked before that.
  if (metadata.width * metadata.height > MOST_PIXELS)
    throw new ImageError('too_large', 'A picture of more than 100 megapixels is not read.')
  if (metadata.width * metadata.height * planes * DEPTHS[depth].samples.BYTES_PER_ELEMENT > MOST_MEMORY)
    throw new ImageError('too_large', 'A picture that takes more than 400 MB of memory is not read.')
  return {
    picture: picture.autoOrient().removeAlpha().toColourspace(colourspaceOf(metadata, planes)),
    width: isTurned ? metadata.height : metadata.width,
    height: isTurned ? metadata.width : metadata.height,
    planes,
    depth,
  }
}

/** The colour space in which the numbers stay as they are. */
function colourspaceOf({ depth, space }: Metadata, planes: 1 | 3) {
  if (depth === 'uchar') return planes === 1 ? 'b-w' : 'srgb'
  if (depth === 'ushort') return planes === 1 ? 'grey16' : 'rgb16'
  return space
}

export async function pictureShape(bytes: Bytes) {
  const { width, height, planes } = await upright(await allOf(bytes))
  return { width, height, planes }
}

/** Opens a JPEG, a PNG or a TIFF: all of it is decoded when rows are first asked for, and those are cut out of that. @throws ImageError */
export async function openPicture(bytes: Bytes): Promise<ImageReader> {
  return new PictureReader(await upright(await allOf(bytes)))
}

async function decoded({ picture, depth, width, height, planes }: Upright): Promise<Samples> {
  const { data, info } = await picture
    .raw({ depth })
    .toBuffer({ resolveWithObject: true })
    .catch((error: Error) => Promise.reject(imageErrorOf(error)))
  if (info.channels !== planes)
    throw new ImageError('not_supported', `A picture of ${info.channels} colours is not read.`)
  if (info.width !== width || info.height !== height)
    throw new ImageError('not_supported', `A picture that turns out to be ${info.width}x${info.height} is not read.`)
  return new DEPTHS[depth].samples(data.buffer, data.byteOffset, width * height * planes)
}

/** The file as a whole: sharp would keep what it once read of a path. */
async function allOf(bytes: Bytes): Promise<Uint8Array> {
  if (bytes.size > MOST_FILE) throw new ImageError('too_large', 'A picture of more than 512 MB is not read.')
  const all = Buffer.allocUnsafeSlow(bytes.size)
  await readAll(bytes, 0, all)
  return all
}

/** Pixels of red, green and blue side by side, given out as planes. */
class PictureReader implements ImageReader {
  readonly width: number
  readonly height: number
  readonly planes: number
  readonly sampleType: ImageReader['sampleType']
  readonly cards: readonly Card[] = []
  readonly #picture: Upright
  #samples: Promise<Samples> | undefined

  constructor(picture: Upright) {
    this.width = picture.width
    this.height = picture.height
    this.planes = picture.planes
    this.sampleType = DEPTHS[picture.depth].sampleType
    this.#picture = picture
  }

  async rows(from: number, to: number) {
    const pixels = await this.#part(from, to)
    if (this.planes === 1) return pixels.slice()
    const samples = newSamples(this.sampleType, pixels.length)
    const plane = this.width * (to - from)
    for (let i = 0, at = 0; i < plane; i++, at += 3) {
      samples[i] = pixels[at] as number
      samples[i + plane] = pixels[at + 1] as number
      samples[i + 2 * plane] = pixels[at + 2] as number
    }
    return samples
  }

  async pixels(from: number, to: number) {
    const pixels = await this.#part(from, to)
    if (to - from < this.height) return pixels.slice()
    // Handed over: it would be decoded again.
    this.#samples = undefined
    return pixels
  }

  async #part(from: number, to: number) {
    checkRows(this, from, to)
    this.#samples ??= decoded(this.#picture)
    const perRow = this.width * this.planes
    return (await this.#samples).subarray(from * perRow, to * perRow)
  }

  async close() {}
}

function imageErrorOf(error: Error) {
  if (/pixel limit/i.test(error.message))
    return new ImageError('too_large', 'A picture of more than 100 megapixels is not read.')
  if (/unsupported image format/i.test(error.message))
    return new ImageError('not_an_image', 'The picture cannot be read.')
  if (/samples out of range/.test(error.message))
    return new ImageError('not_supported', 'A TIFF with samples of 8 bytes is not read.')
  return new ImageError('truncated', `The picture is damaged or ends early: ${error.message.split('\n')[0]}`)
}
