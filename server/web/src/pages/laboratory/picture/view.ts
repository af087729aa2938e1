/** How a picture lies in its window: a point of it, in pixels of the window, is at `scale * point + (x, y)`. */
export interface View {
  /** 1: all of it is seen. */
  scale: number
  x: number
  y: number
}

export interface Box {
  width: number
  height: number
}

export interface Place {
  x: number
  y: number
}

export interface Line {
  x1: number
  y1: number
  x2: number
  y2: number
}

export const WHOLE: View = { scale: 1, x: 0, y: 0 }
const MOST = 64

/** @param at what stays where it is, in pixels of the window */
export function zoomed(view: View, factor: number, at: Place, box: Box): View {
  const scale = Math.min(MOST, Math.max(1, view.scale * factor))
  const by = scale / view.scale
  return within({ scale, x: at.x - (at.x - view.x) * by, y: at.y - (at.y - view.y) * by }, box)
}

export function panned(view: View, dx: number, dy: number, box: Box): View {
  return within({ ...view, x: view.x + dx, y: view.y + dy }, box)
}

/** The window shows nothing but the picture. */
function within({ scale, x, y }: View, { width, height }: Box): View {
  const least = { x: width * (1 - scale), y: height * (1 - scale) }
  return { scale, x: Math.min(0, Math.max(least.x, x)), y: Math.min(0, Math.max(least.y, y)) }
}

/** Where in the picture a place of the window is. @param size of the picture, in samples */
export function inPicture(view: View, at: Place, box: Box, size: Box): Place {
  const across = (at.x - view.x) / view.scale / box.width
  const down = (at.y - view.y) / view.scale / box.height
  return { x: bounded(across * size.width, size.width - 1), y: bounded(down * size.height, size.height - 1) }
}

export const lengthOf = ({ x1, y1, x2, y2 }: Line) => Math.hypot(x2 - x1, y2 - y1)

/** To a tenth of a sample: nobody points better. */
function bounded(value: number, most: number): number {
  return Math.round(Math.min(Math.max(0, value), most) * 10) / 10
}
