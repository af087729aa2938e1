/** A corner of a polygon, in fractions 0..1 of the frame as a person sees it: upright. */
export interface MaskPoint {
  x: number
  y: number
}

/** The corners of a polygon in which nothing may be seen. */
export type Mask = MaskPoint[]

/** The corners of the polygon that a camera's states are told by: its region of interest. */
export type Region = MaskPoint[]

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
