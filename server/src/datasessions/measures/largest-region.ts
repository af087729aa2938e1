/** A part of a picture that hangs together, and the box around it, in pixels. */
export interface Region {
  pixels: number
  x: number
  y: number
  width: number
  height: number
}

/** The largest part of a mask (1: in it) whose pixels touch, also at their corners; null where it is empty. */
export function largestRegion(mask: Uint8Array, width: number): Region | null {
  const left = Uint8Array.from(mask)
  const waiting: number[] = []
  let largest: Region | null = null
  for (let start = 0; start < left.length; start++) {
    if (left[start] !== 1) continue
    left[start] = 0
    waiting.push(start)
    const region = spread(left, width, waiting)
    if (!largest || region.pixels > largest.pixels) largest = region
  }
  return largest
}

/** Takes out of `left` all that touches what waits. */
function spread(left: Uint8Array, width: number, waiting: number[]): Region {
  let [pixels, top, bottom, first, last] = [0, Number.POSITIVE_INFINITY, 0, width, 0]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    pixels += 1
    const [x, y] = [at % width, Math.floor(at / width)]
    if (x < first) first = x
    if (x > last) last = x
    if (y < top) top = y
    if (y > bottom) bottom = y
    for (let row = at - width; row <= at + width; row += width)
      for (let column = Math.max(x - 1, 0); column <= Math.min(x + 1, width - 1); column++) {
        const next = row - x + column
        // Outside of the picture there is nothing, which is not 1 either.
        if (left[next] !== 1) continue
        left[next] = 0
        waiting.push(next)
      }
  }
  return { pixels, x: first, y: top, width: last - first + 1, height: bottom - top + 1 }
}
