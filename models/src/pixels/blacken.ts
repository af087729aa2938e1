import sharp from 'sharp'
import { checkJpeg, decodeErrorOf, MAX_PIXELS } from './jpeg.ts'

/** A corner of a privacy mask, in fractions 0..1 of the frame as a person sees it: upright. */
export interface MaskPoint {
  x: number
  y: number
}

/** The corners of a polygon in which nothing may be seen. */
export type Mask = MaskPoint[]

/** Good enough that a model trained on the camera's own JPEGs sees no difference. */
const QUALITY = 90
/** The edge is drawn as well, so that pixels which a polygon covers in part are black too. */
const EDGE_PIXELS = 2
const UPRIGHT = 1

/**
 * Paints polygons black and writes the picture again: of what stood under them nothing is left, neither in the pixels
 * nor in a thumbnail, for all metadata is dropped but how the camera was turned. The pixels stay turned as they were.
 * @returns a new JPEG of the same width and height, quality 90
 * @throws DecodeError `not_jpeg` | `truncated` | `too_many_pixels`
 */
export async function blacken(jpeg: Uint8Array, masks: readonly Mask[]): Promise<Uint8Array> {
  const { width, height } = checkJpeg(jpeg)
  try {
    const picture = sharp(jpeg, { failOn: 'truncated', limitInputPixels: MAX_PIXELS })
    const { orientation = UPRIGHT } = await picture.metadata()
    const polygons = masks.map((mask) => polygon(mask, { width, height, orientation }))
    const style = `stroke="black" stroke-width="${EDGE_PIXELS}" stroke-linejoin="round"`
    const overlay = `<svg width="${width}" height="${height}" ${style}>${polygons.join('')}</svg>`
    const black = await picture
      .composite([{ input: Buffer.from(overlay) }])
      .toColourspace('srgb')
      .jpeg({ quality: QUALITY })
      .toBuffer()
    return orientation === UPRIGHT ? new Uint8Array(black) : turned(black, orientation)
  } catch (error) {
    throw decodeErrorOf(error)
  }
}

function polygon(mask: Mask, frame: { width: number; height: number; orientation: number }): string {
  const corners = mask.map((point) => {
    const { x, y } = asStored(point, frame.orientation)
    return `${x * frame.width},${y * frame.height}`
  })
  return `<polygon points="${corners.join(' ')}"/>`
}

/** Where a point of the upright picture lies in the pixels as they are stored (EXIF 2.32, tag 0112). */
function asStored({ x, y }: MaskPoint, orientation: number): MaskPoint {
  switch (orientation) {
    case 2:
      return { x: 1 - x, y }
    case 3:
      return { x: 1 - x, y: 1 - y }
    case 4:
      return { x, y: 1 - y }
    case 5:
      return { x: y, y: x }
    case 6:
      return { x: y, y: 1 - x }
    case 7:
      return { x: 1 - y, y: 1 - x }
    case 8:
      return { x: 1 - y, y: x }
    default:
      return { x, y }
  }
}

/** The JPEG with an EXIF segment that says how it is turned, and nothing else (EXIF 2.32, 4.5 and 4.6). */
function turned(jpeg: Uint8Array, orientation: number): Uint8Array {
  const tiff = [0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
  const body = [...Buffer.from('Exif\0\0', 'latin1'), ...tiff]
  const segment = [0xff, 0xe1, 0, body.length + 2, ...body]
  return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), Buffer.from(segment), jpeg.subarray(2)]))
}
