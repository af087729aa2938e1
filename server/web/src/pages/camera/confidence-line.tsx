import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { ResultBody } from '../../api/bodies.ts'
import { theme } from '../../design/theme.ts'
import type { Span } from '../../ribbon/band.ts'
import { lineOf, momentInWords } from './confidence.ts'

interface ConfidenceLineProps {
  results: ResultBody[]
  span: Span
  /** 0..1: below it a result is `unknown`. */
  threshold: number
}

const HEIGHT = 110
/** Beside the plot; the ribbon above it leaves as much free. Pixels. */
const AXIS_WIDTH = 52

/** How sure the model was over a span, with the threshold, and the axis of time for what stands above it. */
export function ConfidenceLine({ results, span, threshold }: ConfidenceLineProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const colours = theme.value

  useEffect(() => {
    const element = place.current
    if (!element) return
    const made = new uPlot(
      optionsOf(element, () => threshold),
      [[], []],
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
    const { times, confidences } = lineOf(results, span)
    plot.current?.batch(() => {
      plot.current?.setData([times, confidences], false)
      plot.current?.setScale('x', { min: span.from / 1000, max: span.to / 1000 })
    })
  }, [results, span, threshold, colours])

  return <div class="confidence-line" ref={place} role="img" aria-label="Confidence over time" />
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
        values: (_, moments, __, ___, step) => moments.map((at) => momentInWords(at * 1000, step)),
      },
      { ...axis, size: AXIS_WIDTH, side: 1, splits: [0, 0.5, 1], values: () => ['0 %', '50 %', '100 %'] },
    ],
    series: [{}, { stroke: () => colour('--accent'), width: 1.5, points: { size: 3 }, spanGaps: false }],
    hooks: {
      draw: [
        (plot) => {
          const { ctx, bbox } = plot
          const y = plot.valToPos(threshold(), 'y', true)
          ctx.save()
          ctx.strokeStyle = colour('--warn')
          ctx.setLineDash([4, 4])
          ctx.beginPath()
          ctx.moveTo(bbox.left, y)
          ctx.lineTo(bbox.left + bbox.width, y)
          ctx.stroke()
          ctx.restore()
        },
      ],
    },
  }
}
