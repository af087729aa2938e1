import type { Luminance } from './luminance.ts'

/** A block counts as changed from so many levels (of 255) on: beyond the noise of a dark picture, below a door's edge. */
const CHANGED_LEVELS = 10
/** How much lighter or darker all of a picture may get and still count as the same: clouds, a camera's exposure. */
const LIGHT_MOST = 1.25
/** Blocks darker than this tell little of how the light changed. */
const DARK = 16
/** Blocks lighter than this may hold pixels that are white, and were or are lighter than can be told. */
const LIGHT = 220

/** The corner of a polygon, in fractions of the picture from its upper left. */
export interface Corner {
  x: number
  y: number
}

/**
 * How much of a picture looks different: the share (0 to 1) of the blocks of `region` whose level differs by 10 or more of 255,
 * after taking out how much lighter or darker the picture as a whole became (up to a quarter; a lamp that is switched on is a
 * change). Pictures of different sizes differ by 1.
 *
 * The light is the median ratio of all blocks, in the region and around it: what moves in less than half of the picture does
 * not move it.
 */
export function differenceOf(before: Luminance, now: Luminance, region: Uint8Array): number {
  if (before.width !== now.width || before.height !== now.height) return 1
  const light = lightChange(before.levels, now.levels)
  let [blocks, changed] = [0, 0]
  for (let i = 0; i < region.length; i++) {
    if (region[i] === 0) continue
    blocks++
    const [was, is] = [before.levels[i] as number, now.levels[i] as number]
    const lit = Math.min(255, light * was)
    // What is white in a light block stays white, whatever the light does: its mean follows only in part.
    const follows = was < LIGHT && lit < LIGHT
    const least = follows ? lit : Math.min(was, lit)
    const most = follows ? lit : Math.max(was, lit)
    if (is <= least - CHANGED_LEVELS || is >= most + CHANGED_LEVELS) changed++
  }
  return blocks === 0 ? 0 : changed / blocks
}

function lightChange(before: Uint8ClampedArray, now: Uint8ClampedArray): number {
  // A histogram of ratios is a median without sorting: 512 steps from 0 to 2.
  const steps = 512
  const histogram = new Uint32Array(steps)
  let counted = 0
  for (let i = 0; i < before.length; i++) {
    const level = before[i] as number
    if (level < DARK || level > LIGHT) continue
    const step = Math.round(((now[i] as number) / level) * (steps / 2))
    if (step < steps) histogram[step] = (histogram[step] as number) + 1
    counted++
  }
  let step = 0
  for (let below = 0; step < steps; step++) {
    below += histogram[step] as number
    if (2 * below >= counted) break
  }
  const ratio = counted === 0 ? 1 : step / (steps / 2)
  return Math.min(LIGHT_MOST, Math.max(1 / LIGHT_MOST, ratio))
}

/** 1 for each block whose middle lies in the polygon (even-odd rule), and for those that hold a corner of it. */
export function blocksIn(polygon: Corner[] | undefined, width: number, height: number): Uint8Array {
  const blocks = new Uint8Array(width * height)
  if (!polygon) return blocks.fill(1)
  for (let y = 0; y < height; y++) fillInside(polygon, (y + 0.5) / height, blocks.subarray(y * width, (y + 1) * width))
  const within = (fraction: number, size: number) => Math.min(size - 1, Math.floor(fraction * size))
  for (const { x, y } of polygon) blocks[within(y, height) * width + within(x, width)] = 1
  return blocks
}

/** The blocks of one row whose middles are inside: those with an odd number of edges to the right of them. */
function fillInside(polygon: Corner[], y: number, row: Uint8Array): void {
  const width = row.length
  for (const [i, a] of polygon.entries()) {
    const b = polygon.at(i - 1) as Corner
    if (a.y > y === b.y > y) continue
    const edge = a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)
    const last = Math.min(width, Math.ceil(edge * width - 0.5)) - 1
    if (last >= 0) row[last] = (row[last] as number) ^ 1
  }
  for (let x = width - 2; x >= 0; x--) row[x] = (row[x] as number) ^ (row[x + 1] as number)
}
