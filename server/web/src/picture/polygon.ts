import type { Point } from '../api/bodies.ts'

/** Fewer corners make no polygon. */
export const LEAST_CORNERS = 3
export const MOST_CORNERS = 64
export const MOST_MASKS = 16
/** A hand that clicks moves less. */
const LEAST_SIDE = 0.02

/** Within the picture, in steps that no pixel is smaller than. */
export function corner(x: number, y: number): Point {
  return { x: fraction(x), y: fraction(y) }
}

/** For the `points` of an SVG of 100 x 100. */
export function pointsText(polygon: Point[]): string {
  return polygon.map(({ x, y }) => `${x * 100},${y * 100}`).join(' ')
}

/** Where its number stands: the mean of its corners. */
export function middleOf(polygon: Point[]): Point {
  const mean = (of: (point: Point) => number) => polygon.reduce((sum, point) => sum + of(point), 0) / polygon.length
  return { x: mean(({ x }) => x), y: mean(({ y }) => y) }
}

/** The rectangle between two corners, or null where it is too small to be meant. */
export function rectangle(one: Point, other: Point): Point[] | null {
  if (Math.abs(one.x - other.x) < LEAST_SIDE || Math.abs(one.y - other.y) < LEAST_SIDE) return null
  const [left, right] = [Math.min(one.x, other.x), Math.max(one.x, other.x)]
  const [top, bottom] = [Math.min(one.y, other.y), Math.max(one.y, other.y)]
  return [corner(left, top), corner(right, top), corner(right, bottom), corner(left, bottom)]
}

function fraction(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000
}
