import type { Image } from '@ajar/images'
import { timeTicks } from './clock.ts'
import { drawn, escaped } from './svg.ts'

export interface Chart {
  title: string
  /** What stands below the axis. */
  across: string
  lines: { name: string; colour: string; points: { x: number; y: number }[] }[]
  /** Where `x` is a time, what writes it. */
  clock?: (at: number) => string
  /** Whether points are joined by steps, as counts are, and how high they are is shown by its logarithm. */
  steps?: boolean
  logarithmic?: boolean
  /** Whether the lower end is 0, as shares have it. */
  fromZero?: boolean
}

const [WIDTH, HEIGHT] = [1200, 480]
const [LEFT, RIGHT, TOP, BOTTOM] = [90, 24, 56, 56]
/** More points than this are not told apart on the paper: of each span its lowest and highest are drawn. */
const MOST_POINTS = 2000

/** Lines over a common axis. Points that are not finite interrupt their line. @throws OperationError `no_font` */
export function chart({
  title,
  across,
  lines,
  clock,
  steps = false,
  logarithmic = false,
  fromZero = steps,
}: Chart): Promise<Image> {
  const level = (y: number) => (logarithmic ? Math.log10(Math.max(y, 0) + 1) : y)
  const points = lines.flatMap((line) => line.points).filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
  const [x0, x1] = span(points.map(({ x }) => x))
  const [y0, y1] = span([...points.map(({ y }) => level(y)), ...(fromZero ? [0] : [])])
  const toX = (x: number) => LEFT + ((x - x0) / (x1 - x0)) * (WIDTH - LEFT - RIGHT)
  const toY = (y: number) => HEIGHT - BOTTOM - ((level(y) - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM)
  const rising = logarithmic ? decades(y1) : ticks(y0, y1, 6)
  const along = clock ? timeTicks(x0, x1, 9, clock) : ticks(x0, x1, 10).map((at) => ({ at, text: shortly(at) }))
  const legend = lines.map(({ name, colour }, i) => {
    const x = LEFT + i * 180
    return `<rect x="${x}" y="34" width="14" height="4" fill="${colour}"/><text x="${x + 20}" y="41" font-size="13">${escaped(name)}</text>`
  })
  return drawn(
    WIDTH,
    HEIGHT,
    [
      `<text x="${LEFT}" y="22" font-size="17" font-weight="bold">${escaped(title)}</text>`,
      ...(lines.length > 1 ? legend : []),
      ...rising.map((at) => {
        const y = toY(at).toFixed(1)
        return `<path d="M${LEFT} ${y}H${WIDTH - RIGHT}" stroke="#dfe3e8"/><text x="${LEFT - 8}" y="${y}" dy="4" text-anchor="end" font-size="12">${shortly(at)}</text>`
      }),
      ...along.map(({ at, text }) => {
        const x = toX(at).toFixed(1)
        return `<path d="M${x} ${HEIGHT - BOTTOM}v5" stroke="#566070"/><text x="${x}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle" font-size="12">${escaped(text)}</text>`
      }),
      `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#566070"/>`,
      `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle" font-size="13">${escaped(across)}</text>`,
      ...lines.map(({ colour, points }) => {
        const path = pathOf(thinned(points), toX, toY, steps)
        return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-linejoin="round"/>`
      }),
    ].join(''),
  )
}

function pathOf(
  points: { x: number; y: number }[],
  toX: (x: number) => number,
  toY: (y: number) => number,
  steps: boolean,
): string {
  let path = ''
  let isDown = false
  for (const { x, y } of points) {
    if (!Number.isFinite(y)) {
      isDown = false
      continue
    }
    const [across, up] = [toX(x).toFixed(1), toY(y).toFixed(1)]
    if (!isDown) path += `M${across} ${up}h0.1`
    else path += steps ? `H${across}V${up}` : `L${across} ${up}`
    isDown = true
  }
  return path
}

function thinned(points: { x: number; y: number }[]): { x: number; y: number }[] {
  if (points.length <= MOST_POINTS) return points
  const each = Math.ceil((2 * points.length) / MOST_POINTS)
  const kept: { x: number; y: number }[] = []
  for (let from = 0; from < points.length; from += each) {
    const part = points.slice(from, from + each).sort((a, b) => a.y - b.y)
    const ends = [part[0], part.at(-1)].filter((point) => point !== undefined)
    kept.push(...ends.sort((a, b) => a.x - b.x))
  }
  return kept
}

/** From the least to the greatest, never empty. */
function span(values: number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)]
  if (low > high) return [0, 1]
  return low === high ? [low - 0.5, high + 0.5] : [low, high]
}

/** Round numbers between two others. */
function ticks(from: number, to: number, most: number): number[] {
  const rough = (to - from) / most
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power
  const found: number[] = []
  for (let i = Math.ceil(from / step); i * step <= to * (1 + Number.EPSILON); i++) found.push(i * step)
  return found
}

function decades(most: number): number[] {
  return Array.from({ length: Math.floor(most) + 1 }, (_, power) => 10 ** power)
}

function shortly(value: number): string {
  const text = Math.abs(value) >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(5)))
  return text.replace('-', '\u2212')
}
