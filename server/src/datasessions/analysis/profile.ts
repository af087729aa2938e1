import { type ImageReader, type Point, pointsOfLine, separation, valueAt, wcsOf } from '@ajar/images'
import { requireMemory } from './most-memory.ts'
import { luminanceOf } from './read-smaller.ts'
import { AnalysisError, type LineOnPicture } from './requests.ts'

/** So many samples are read at once. */
const BAND_SAMPLES = 4_000_000

/** Values along a line, and where in the sky it lies: null where the picture does not say so. Colours become luminance. */
export async function profileOf(reader: ImageReader, line: LineOnPicture) {
  const [x1, y1] = placeOf(reader, line, line.x1, line.y1)
  const [x2, y2] = placeOf(reader, line, line.x2, line.y2)
  requireMemory(reader, Math.max(BAND_SAMPLES, 2 * reader.width * reader.planes))
  const values = await valuesAlong(reader, pointsOfLine(x1, y1, x2, y2))
  const [red, green, blue] = values as [Float64Array, Float64Array | undefined, Float64Array | undefined]
  const profile = Array.from(red, (value, i) =>
    green && blue ? luminanceOf(value, green[i] as number, blue[i] as number) : value,
  )
  const wcs = wcsOf(reader.cards)
  if (!wcs) return { line_profile: profile, arcsec: null, start_coords: null, end_coords: null, position_angle: null }
  const [start, end] = [wcs.toSky(x1, y1), wcs.toSky(x2, y2)]
  const { arcsec, positionAngle } = separation(start, end)
  return { line_profile: profile, arcsec, start_coords: start, end_coords: end, position_angle: positionAngle }
}

/** A place on the displayed picture, in pixels of the whole one. */
function placeOf(full: { width: number; height: number }, shown: LineOnPicture, x: number, y: number) {
  if (!(x >= 0 && x <= shown.width && y >= 0 && y <= shown.height))
    throw new AnalysisError(`(${x}, ${y}) is not on a picture of ${shown.width} x ${shown.height}.`)
  return [(x * full.width) / shown.width, (y * full.height) / shown.height] as const
}

/**
 * Values of each plane at points of a line. A band of rows is read at a time, from the top one on: what is packed can be
 * read forwards only.
 */
async function valuesAlong(reader: ImageReader, points: readonly Point[]): Promise<Float64Array[]> {
  const { width, height, planes } = reader
  const perBand = Math.max(2, Math.floor(BAND_SAMPLES / (width * planes)))
  const values = Array.from({ length: planes }, () => new Float64Array(points.length))
  const isUpwards = (points[0]?.y ?? 0) > (points.at(-1)?.y ?? 0)
  const topOf = ({ y }: Point) => Math.max(0, Math.min(Math.floor(y), height - 2))
  const at = (turn: number) => (isUpwards ? points.length - 1 - turn : turn)
  for (let turn = 0; turn < points.length; ) {
    const from = topOf(points[at(turn)] as Point)
    const last = Math.min(topOf(points[at(points.length - 1)] as Point) + 2, height)
    const to = Math.min(from + perBand, last)
    const rows = await reader.rows(from, to)
    const plane = width * (to - from)
    for (; turn < points.length; turn++) {
      const { x, y } = points[at(turn)] as Point
      if (Math.min(topOf({ x, y }) + 2, height) > to) break
      for (const [i, out] of values.entries()) {
        const samples = rows.subarray(i * plane, (i + 1) * plane)
        out[at(turn)] = valueAt({ width, height: to - from, planes: 1, samples }, x, y - from)
      }
    }
  }
  return values
}
