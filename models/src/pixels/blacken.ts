import { checkJpeg, decodeErrorOf, MAX_PIXELS } from './jpeg.ts'
import { asStored, type Mask, UPRIGHT } from './polygon.ts'

/** Good enough that a model trained on the camera's own JPEGs sees no difference. */
const QUALITY = 90
/** The edge is drawn as well, so that pixels which a polygon covers in part are black too. */
const EDGE_PIXELS = 2

/**
 * Paints polygons black and writes the picture again: of what stood under them nothing is left, neither in the pixels
 * nor in a thumbnail, for all metadata is dropped but how the camera was turned. The pixels stay turned as they were.
 * @returns a new JPEG of the same width and height, quality 90
 * @throws DecodeError `not_jpeg` | `truncated` | `too_many_pixels`
 */
export async function blacken(jpeg: Uint8Array, masks: readonly Mask[]): Promise<Uint8Array> {
  const { width, height } = checkJpeg(jpeg)
  const { default: sharp } = await import('sharp') // as in `decode`
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

/** The JPEG with an EXIF segment that says how it is turned, and nothing else (EXIF 2.32, 4.5 and 4.6). */
function turned(jpeg: Uint8Array, orientation: number): Uint8Array {
  const tiff = [0x49, 0x49, 0x2a, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
  const body = [...Buffer.from('Exif\0\0', 'latin1'), ...tiff]
  const segment = [0xff, 0xe1, 0, body.length + 2, ...body]
  return new Uint8Array(Buffer.concat([jpeg.subarray(0, 2), Buffer.from(segment), jpeg.subarray(2)]))
}
