import type { CurvePoint } from '../api/model-bodies.ts'

/** Where a learning curve is drawn, in units of its drawing. */
export interface CurveDrawing {
  width: number
  height: number
  points: (CurvePoint & { x: number; y: number })[]
  /** For `points` of a polyline. */
  line: string
  /** Accuracies that have a line across. */
  levels: { rate: number; y: number }[]
  /** Where the drawing ends at its left, right and bottom. */
  left: number
  right: number
  bottom: number
}

const WIDTH = 320
const HEIGHT = 170
const MARGIN = { left: 44, right: 22, top: 14, bottom: 40 }
/** The lowest level is at least so far from the top. */
const LEAST_SPAN = 0.1
const STEPS = 2

/** The more labels, the further to the right; the height begins a tenth below the worst. Needs two points. */
export function drawCurve(curve: CurvePoint[]): CurveDrawing | null {
  if (curve.length < 2) return null
  const sorted = [...curve].sort((one, other) => one.labels - other.labels)
  const most = sorted.at(-1)?.labels ?? 0
  const worst = Math.min(...sorted.map(({ balancedAccuracy }) => balancedAccuracy))
  const floor = Math.min(1 - LEAST_SPAN, Math.max(0, Math.floor(worst * 10 - 0.001) / 10))
  const [right, bottom] = [WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom]
  const x = (labels: number) => MARGIN.left + (most === 0 ? 0 : (labels / most) * (right - MARGIN.left))
  const y = (rate: number) => bottom - ((rate - floor) / (1 - floor)) * (bottom - MARGIN.top)
  const points = sorted.map((point) => ({ ...point, x: round(x(point.labels)), y: round(y(point.balancedAccuracy)) }))
  const levels = Array.from({ length: STEPS + 1 }, (_, i) => floor + (i * (1 - floor)) / STEPS)
  return {
    width: WIDTH,
    height: HEIGHT,
    points,
    line: points.map(({ x, y }) => `${x},${y}`).join(' '),
    levels: levels.map((rate) => ({ rate, y: round(y(rate)) })),
    left: MARGIN.left,
    right,
    bottom,
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
