import type { MaskPoint } from '@ajar/models'

/** What a polygon of a camera's picture is; its corners are fractions of the upright frame. */

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

function distance(one: MaskPoint, other: MaskPoint): number {
  return Math.hypot(one.x - other.x, one.y - other.y)
}
