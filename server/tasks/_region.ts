import type { Image, Samples } from '@ajar/images'
import { Refusal } from './_refusal.ts'

/**
 * Regions, as Firefly's clients draw them: `{"type":"rect","value":{"x1","x2","y1","y2"}}`, whose corners are in it, or
 * `{"type":"circ","value":{"center_x","center_y","radius"}}`, whose edge is in it. x counts columns and y rows in the order
 * of the file, both from 0. A pixel is in a region where its centre is, so corners may lie between pixels. What reaches
 * over the edge of the picture is cut off there, as one draws it; a region that has no pixel of the picture is an error.
 */

/** What a region comes to in one picture: which columns of each row. */
export interface Area {
  /** Rows, from the first to the last. */
  top: number
  bottom: number
  /** Columns of a row from the first to the last; none where the last is before the first. */
  columns(y: number): [number, number]
}

const SIDES = ['x1', 'x2', 'y1', 'y2'] as const
const CIRCLE = ['center_x', 'center_y', 'radius'] as const

/** JSON Schema of a region. */
export const REGION = {
  type: 'object',
  description:
    'The part of the picture that counts, a rectangle {"type":"rect","value":{"x1","x2","y1","y2"}} or a circle ' +
    '{"type":"circ","value":{"center_x","center_y","radius"}}; left out, all of it. x counts columns and y rows, from 0.',
  properties: {
    type: { enum: ['rect', 'circ'] },
    value: {
      type: 'object',
      properties: Object.fromEntries([...SIDES, ...CIRCLE].map((key) => [key, { type: 'number' }])),
    },
  },
  required: ['type', 'value'],
}

type Shape = Pick<Image, 'width' | 'height'>

/**
 * @param region as it was told; undefined or null: the whole picture
 * @throws Refusal where it is no region, or has no pixel of the picture
 */
export function areaOf(region: unknown, image: Shape): Area {
  const area = areaOrNone(region, image)
  if (area) return area
  const { width, height } = image
  throw new Refusal(
    `the region ${JSON.stringify(region)} has no pixel of the picture, which has x 0 to ${width - 1} and y 0 to ${height - 1}`,
  )
}

/** The same, and null where it has no pixel. @throws Refusal where it is no region */
export function areaOrNone(region: unknown, image: Shape): Area | null {
  if (region === undefined || region === null) return within(image, 0, image.width - 1, 0, image.height - 1)
  const { type, value } = region as { type?: unknown; value?: unknown }
  if (type === 'rect') {
    const [x1, x2, y1, y2] = numbersOf(value, SIDES) as [number, number, number, number]
    return within(image, x1, x2, y1, y2)
  }
  if (type === 'circ') {
    const [x, y, radius] = numbersOf(value, CIRCLE) as [number, number, number]
    return circle(image, x, y, radius)
  }
  throw new Refusal(`a region has the type "rect" or "circ", and this one is ${JSON.stringify(region)}`)
}

function numbersOf(value: unknown, names: readonly string[]): number[] {
  const given = (value ?? {}) as Record<string, unknown>
  return names.map((name) => {
    const number = typeof given[name] === 'string' && given[name] !== '' ? Number(given[name]) : given[name]
    if (typeof number === 'number' && Number.isFinite(number)) return number
    throw new Refusal(
      `the value of a region has the numbers ${names.join(', ')}, and this one is ${JSON.stringify(value)}`,
    )
  })
}

function within({ width, height }: Shape, x1: number, x2: number, y1: number, y2: number): Area | null {
  const [left, right] = [Math.max(Math.ceil(x1), 0), Math.min(Math.floor(x2), width - 1)]
  const [top, bottom] = [Math.max(Math.ceil(y1), 0), Math.min(Math.floor(y2), height - 1)]
  return left <= right && top <= bottom ? { top, bottom, columns: () => [left, right] } : null
}

function circle({ width, height }: Shape, x: number, y: number, radius: number): Area | null {
  const columns = (row: number): [number, number] => {
    const half = Math.sqrt(radius ** 2 - (row - y) ** 2)
    return half >= 0 ? [Math.max(Math.ceil(x - half), 0), Math.min(Math.floor(x + half), width - 1)] : [0, -1]
  }
  let [top, bottom] = [Math.max(Math.ceil(y - radius), 0), Math.min(Math.floor(y + radius), height - 1)]
  const isEmpty = (row: number) => columns(row)[0] > columns(row)[1]
  while (top <= bottom && isEmpty(top)) top += 1
  while (top <= bottom && isEmpty(bottom)) bottom -= 1
  return top <= bottom ? { top, bottom, columns } : null
}

/** The samples of some rows of an area, one row after the other, blank ones too. Of a picture without colours. */
export function samplesOf(
  { width, height, samples }: Image,
  area: Area,
  top = area.top,
  bottom = area.bottom,
): Samples {
  if (top === 0 && bottom === height - 1 && isWhole(area, width, height)) return samples
  let count = 0
  for (let y = top; y <= bottom; y++) count += lengthOf(area.columns(y))
  const kept = samples.slice(0, count)
  let at = 0
  for (let y = top; y <= bottom; y++) {
    const [left, right] = area.columns(y)
    if (right < left) continue
    kept.set(samples.subarray(y * width + left, y * width + right + 1), at)
    at += right - left + 1
  }
  return kept
}

function lengthOf([left, right]: [number, number]): number {
  return Math.max(right - left + 1, 0)
}

function isWhole(area: Area, width: number, height: number): boolean {
  for (let y = 0; y < height; y++) if (lengthOf(area.columns(y)) < width) return false
  return true
}
