import type { Point } from '../api/bodies.ts'

/** Dims what lies outside a polygon; in an SVG of 100 x 100. */
export function RegionShade({ region }: { region: Point[] }) {
  const corners = region.map(({ x, y }) => `${x * 100} ${y * 100}`).join('L')
  return <path class="region" fill-rule="evenodd" d={`M-1 -1H101V101H-1ZM${corners}Z`} />
}
