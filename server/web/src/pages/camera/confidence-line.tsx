import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { BucketBody } from '../../api/history-bodies.ts'
import { theme } from '../../design/theme.ts'
import type { Span } from '../../ribbon/band.ts'
import { timeAt } from '../../ribbon/span.ts'
import { bucketAt, lineOf, momentInWords } from './confidence.ts'
import type { Past } from './past.ts'

interface ConfidenceLineProps {
  past: Past
  span: Span
  /** 0..1: below it a result is `unknown`. */
  threshold: number
  /** Told which results the mouse stands at. */
  onPoint(bucket: BucketBody | null): void
  /** Told which results somebody wants to see one of. */
  onPick(bucket: BucketBody): void
}

const HEIGHT = 110
/** Beside the plot; the ribbon above it leaves as much free. Pixels. */
const AXIS_WIDTH = 52
/** A stretch that stands alone is as wide. */
const ALONE_WIDTH = 3
/** Places in the data. */
const [HIGH, LOW] = [2, 3] as const

/**
 * How sure the model was over a span: the mean, and between which bounds it went up and down, so that one doubtful frame
 * is seen in a year; with the threshold, and the axis of time for what stands above it.
 */
export function ConfidenceLine({ past, span, threshold, onPoint, onPick }: ConfidenceLineProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const colours = theme.value

  useEffect(() => {
    const element = place.current
    if (!element) return
    const made = new uPlot(
      optionsOf(element, () => threshold),
      [[], [], [], []],
      element,
    )
    plot.current = made
    const resizing = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }))
    resizing.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const repaint = () => made.redraw(false, true)
    scheme.addEventListener('change', repaint)
    return () => {
      scheme.removeEventListener('change', repaint)
      resizing.disconnect()
      made.destroy()
    }
  }, [threshold, colours])

  useEffect(() => {
    const { times, means, highs, lows } = lineOf(past, span)
    plot.current?.batch(() => {
      plot.current?.setData([times, means, highs, lows], false)
      plot.current?.setScale('x', { min: span.from / 1000, max: span.to / 1000 })
    })
  }, [past, span, threshold, colours])

  const bucketUnder = ({ clientX }: MouseEvent) => {
    const plotted = plot.current?.over.getBoundingClientRect()
    return plotted ? bucketAt(past, timeAt(span, (clientX - plotted.left) / plotted.width)) : null
  }
  return (
    <div
      class="confidence-line"
      ref={place}
      role="img"
      aria-label="Confidence over time"
      onPointerMove={(event) => onPoint(bucketUnder(event))}
      onPointerLeave={() => onPoint(null)}
      onPointerUp={(event) => {
        const bucket = bucketUnder(event)
        if (bucket) onPick(bucket)
      }}
    />
  )
}

/** Colours are read when a part is painted: the theme may change. */
function optionsOf(element: HTMLElement, threshold: () => number): uPlot.Options {
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name)
  const axis = {
    stroke: () => colour('--muted'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { stroke: () => colour('--line'), width: 1, size: 4 },
    font: '12px system-ui, sans-serif',
  }
  const bound = { points: { show: false }, spanGaps: false }
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true }, y: { range: [0, 1] } },
    axes: [
      {
        ...axis,
        align: 1, // beside its tick: in the middle of it the first one would be cut off
        space: 80,
        size: 26,
        values: (plot, moments, _, __, step) =>
          eachOnce(moments.map((at) => momentInWords(at * 1000, step))).map((text, i) =>
            whereRoom(plot, moments[i] ?? 0, text, axis.font),
          ),
      },
      { ...axis, size: AXIS_WIDTH, side: 1, splits: [0, 0.5, 1], values: () => ['0 %', '50 %', '100 %'] },
    ],
    series: [
      {},
      { stroke: () => colour('--accent'), width: 1.5, points: { size: 3 }, spanGaps: false },
      bound,
      // The band of a single doubtful frame in a year is narrower than a pixel.
      { ...bound, stroke: () => colour('--accent-band'), width: 1 },
    ],
    bands: [{ series: [HIGH, LOW], fill: () => colour('--accent-band') }],
    hooks: {
      draw: [
        (plot) => drawAlone(plot, colour('--accent-band')),
        (plot) => drawLevel(plot, threshold(), colour('--warn')),
      ],
    },
  }
}

/** Ticks less than a second apart would say the same. */
const eachOnce = (texts: string[]) => texts.map((text, i) => (text === texts[i - 1] ? '' : text))

/** What would be cut off at the end of the plot is not said. */
function whereRoom({ ctx, bbox, width, valToPos }: uPlot, at: number, text: string, font: string): string {
  ctx.save()
  ctx.font = font
  const end = bbox.left / devicePixelRatio + valToPos(at, 'x') + ctx.measureText(text).width
  ctx.restore()
  return end <= width ? text : ''
}

/** Between its bounds a stretch without neighbours has no width, and would not be seen. */
function drawAlone({ ctx, data, valToPos }: uPlot, colour: string) {
  const [times, means] = data
  const [highs, lows] = [data[HIGH], data[LOW]]
  const isNothing = (index: number) => (means?.[index] ?? null) === null
  ctx.save()
  ctx.fillStyle = colour
  for (let index = 0; index < times.length; index++) {
    const [at, high, low] = [times[index], highs?.[index], lows?.[index]]
    if (at === undefined || high == null || low == null || !isNothing(index - 1) || !isNothing(index + 1)) continue
    const [x, top, bottom] = [valToPos(at, 'x', true), valToPos(high, 'y', true), valToPos(low, 'y', true)]
    const width = ALONE_WIDTH * devicePixelRatio
    ctx.fillRect(x - width / 2, top, width, bottom - top)
  }
  ctx.restore()
}

function drawLevel({ ctx, bbox, valToPos }: uPlot, level: number, colour: string) {
  const y = valToPos(level, 'y', true)
  ctx.save()
  ctx.strokeStyle = colour
  ctx.setLineDash([4, 4])
  ctx.beginPath()
  ctx.moveTo(bbox.left, y)
  ctx.lineTo(bbox.left + bbox.width, y)
  ctx.stroke()
  ctx.restore()
}
