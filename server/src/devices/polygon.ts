import type { MaskPoint, Region } from '@ajar/models'

/** What a polygon of a camera's picture is; its corners are fractions of the upright frame. */

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** Whether all corners of a polygon lie on one line. */
export function isFlat([a, ...others]: MaskPoint[]): boolean {
  if (!a) return true
  const far = others.reduce((one, other) => (distance(a, other) > distance(a, one) ? other : one), a)
  return others.every(({ x, y }) => Math.abs((far.x - a.x) * (y - a.y) - (far.y - a.y) * (x - a.x)) < 1e-7)
}

/** Its share of the frame; where its edges cross, what they enclose the other way round counts against the rest. */
export function areaOf(corners: MaskPoint[]): number {
  const twice = corners.reduce((sum, { x, y }, i) => {
    const next = corners[(i + 1) % corners.length] ?? { x, y }
    return sum + x * next.y - next.x * y
  }, 0)
  return Math.abs(twice) / 2
}

/** The box around a region. */
export function boxAround(region: Region): Box {
  const [xs, ys] = [region.map(({ x }) => x), region.map(({ y }) => y)]
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }
}

/** A box as the region that it is. */
export function cornersOf({ x, y, width, height }: Box): Region {
  const [right, bottom] = [Math.min(x + width, 1), Math.min(y + height, 1)]
  return [
    { x, y },
    { x: right, y },
    { x: right, y: bottom },
    { x, y: bottom },
  ]
}

function distance(one: MaskPoint, other: MaskPoint): number {
  return Math.hypot(one.x - other.x, one.y - other.y)
}
