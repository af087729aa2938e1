import { type Bytes, bytesOf } from './bytes.ts'
import { openFits } from './fits/open.ts'
import { loadAll } from './fits/scale.ts'
import type { Extension } from './fits/units.ts'
import { type Card, type Image, ImageError, type ImageReader, type Shape } from './image.ts'
import { openPicture, pictureKind, pictureShape } from './pictures/decode.ts'

export interface OpenOptions {
  /** What errors call the file. */
  name?: string
  /** Which image of a FITS file; left out, the one that `imageUnit` takes: SCI, else the first. */
  extension?: Extension
}

export interface LoadOptions extends OpenOptions {
  /** Is told the header: of FITS its cards, of other pictures none. */
  onHeader?(cards: readonly Card[]): void
}

export interface ImageInfo extends Shape {
  kind: 'fits' | 'jpeg' | 'png' | 'tiff'
  /** Of FITS; empty for other pictures. */
  cards: readonly Card[]
}

/**
 * Opens a picture: FITS (also .gz and .fz), JPEG, PNG or TIFF, by what its first bytes are. Close it.
 * @param from a path, or the bytes themselves, which are not copied
 * @throws ImageError
 */
export async function openImage(from: string | Uint8Array, options: OpenOptions = {}): Promise<ImageReader> {
  return named(options, async () => {
    const { bytes, kind, packed } = await begin(from)
    if (kind === 'fits') return openFits(bytes, packed, options.extension)
    if (options.extension !== undefined && options.extension !== 0)
      return bytes.close().then(() => Promise.reject(noExtensions()))
    return openPicture(bytes).finally(() => bytes.close())
  })
}

/** All of a picture. @throws ImageError */
export async function loadImage(from: string | Uint8Array, options: LoadOptions = {}): Promise<Image> {
  const reader = await openImage(from, options)
  try {
    options.onHeader?.(reader.cards)
    return await named(options, () => loadAll(reader))
  } finally {
    await reader.close()
  }
}

/** What a picture is, by its header alone. @throws ImageError */
export async function imageInfo(from: string | Uint8Array, options: OpenOptions = {}): Promise<ImageInfo> {
  return named(options, async () => {
    const { bytes, kind, packed } = await begin(from)
    if (kind !== 'fits') {
      const shape = await pictureShape(bytes).finally(() => bytes.close())
      return { kind, cards: [], ...shape }
    }
    const reader = await openFits(bytes, packed, options.extension)
    await reader.close()
    const { width, height, planes, cards } = reader
    return { kind, width, height, planes, cards }
  })
}

async function begin(from: string | Uint8Array): Promise<{ bytes: Bytes; kind: ImageInfo['kind']; packed: boolean }> {
  const bytes = await bytesOf(from)
  const start = new Uint8Array(9)
  try {
    await bytes.read(0, start)
  } catch (error) {
    await bytes.close()
    throw error
  }
  const packed = start[0] === 0x1f && start[1] === 0x8b
  const kind = pictureKind(start) ?? (packed || isFits(start) ? 'fits' : undefined)
  if (kind) return { bytes, kind, packed }
  await bytes.close()
  throw new ImageError('not_an_image', 'This is no FITS, JPEG, PNG or TIFF file.')
}

function noExtensions() {
  return new ImageError('no_extension', 'Only FITS files have extensions; this is another picture.')
}

function isFits(start: Uint8Array) {
  return Buffer.from(start).toString('latin1') === 'SIMPLE  ='
}

async function named<T>({ name }: OpenOptions, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (name && error instanceof ImageError) throw new ImageError(error.code, `${name}: ${error.message}`)
    throw error
  }
}
