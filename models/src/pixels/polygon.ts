/** A corner of a polygon, in fractions 0..1 of the frame as a person sees it: upright. */
export interface MaskPoint {
  x: number
  y: number
}

/** The corners of a polygon in which nothing may be seen. */
export type Mask = MaskPoint[]

/** The corners of the polygon that a camera's states are told by: its region of interest. */
export type Region = MaskPoint[]

/** A part of a picture, fractions 0..1 of its width and height. */
export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** The box around a polygon. */
export function boxAround(corners: MaskPoint[]): Box {
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)]
  const [x, y] = [Math.min(...xs), Math.min(...ys)]
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y }
}

/** A box as the polygon that it is; what reaches out of the picture is cut off. */
export function cornersOf({ x, y, width, height }: Box): MaskPoint[] {
  const [right, bottom] = [Math.min(x + width, 1), Math.min(y + height, 1)]
  return [
    { x, y },
    { x: right, y },
    { x: right, y: bottom },
    { x, y: bottom },
  ]
}

/** EXIF 2.32, tag 0112: stored as it is seen. */
export const UPRIGHT = 1

/** Where a point of the upright picture lies in the pixels as they are stored (EXIF 2.32, tag 0112). */
export function asStored({ x, y }: MaskPoint, orientation: number): MaskPoint {
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
