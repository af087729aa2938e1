import type { Image } from '@ajar/images'
import type { Span } from '../measures/spans.ts'
import { timeTicks } from './clock.ts'
import { stateColours } from './state-colours.ts'
import { drawn, escaped } from './svg.ts'

export interface Lane {
  camera: string
  /** In the order of their colours; what is not among them comes after. */
  states: readonly string[]
  spans: readonly Span[]
}

const WIDTH = 1400
const [LEFT, RIGHT, TOP, BOTTOM] = [24, 24, 20, 44]
const LANE = 96
const BAND = 36
/** More would be no picture to look at. */
const MOST_LANES = 64

/** Bands of states over a common axis of time, a camera below the other; gaps are left empty. @throws OperationError `no_font` */
export function timelineChart(all: readonly Lane[], clock: (at: number) => string): Promise<Image> {
  const lanes = all.slice(0, MOST_LANES)
  const times = lanes.flatMap(({ spans }) => [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0])
  const from = Math.min(...times)
  const to = Math.max(...times, from + 1000)
  const toX = (at: number) => LEFT + ((at - from) / (to - from)) * (WIDTH - LEFT - RIGHT)
  const height = TOP + lanes.length * LANE + BOTTOM
  const axis = timeTicks(from, to, 10, clock).map(({ at, text }) => {
    const x = toX(at).toFixed(1)
    const line = `<path d="M${x} ${TOP}V${height - BOTTOM}" stroke="#dfe3e8"/>`
    return `${line}<text x="${x}" y="${height - BOTTOM + 18}" text-anchor="middle" font-size="12">${escaped(text)}</text>`
  })
  const ends = `<text x="${LEFT}" y="${height - 8}" font-size="12" fill="#566070">${clock(from)} to ${clock(to)}</text>`
  return drawn(
    WIDTH,
    height,
    axis.join('') + lanes.map((lane, i) => drawLane(lane, TOP + i * LANE, toX)).join('') + ends,
  )
}

function drawLane({ camera, states, spans }: Lane, top: number, toX: (at: number) => number): string {
  const colours = stateColours(
    spans.map(({ state }) => state),
    states,
  )
  const shown = [...colours].filter(([state]) => spans.some((span) => span.state === state))
  let x = LEFT + 16 + 9 * camera.length
  const legend = shown.map(([state, colour]) => {
    const box = `<rect x="${x}" y="${top + 8}" width="14" height="14" fill="${colour}"/>`
    const text = `<text x="${x + 20}" y="${top + 20}" font-size="13">${escaped(state)}</text>`
    x += 44 + 8 * state.length
    return box + text
  })
  const bands = spans.map(({ state, from, to }) => {
    const [left, right] = [toX(from), toX(to)]
    // A single frame is seen too.
    const width = Math.max(right - left, 1)
    return `<rect x="${left.toFixed(2)}" y="${top + 34}" width="${width.toFixed(2)}" height="${BAND}" fill="${colours.get(state)}"/>`
  })
  const [left, right] = [toX(spans[0]?.from ?? 0), toX(spans.at(-1)?.to ?? 0)]
  const ground = `<rect x="${left}" y="${top + 34}" width="${Math.max(right - left, 1)}" height="${BAND}" fill="#e3e6eb"/>`
  const name = `<text x="${LEFT}" y="${top + 20}" font-size="15" font-weight="bold">${escaped(camera)}</text>`
  return name + legend.join('') + ground + bands.join('')
}
