import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { theme } from '../../../design/theme.ts'

interface ChartProps {
  label: string
  /** Null: the place in the row. */
  x: number[] | null
  lines: { name: string; y: (number | null)[] }[]
  /** What the axis says. */
  along?: string
}

const HEIGHT = 180
/** As the states have them, which people tell apart who see no red or no green. */
const COLOURS = ['--accent', '--state-1', '--state-2', '--state-3', '--state-4', '--state-6']

/** Lines over what they are measured along. */
export function Chart({ label, x, lines, along }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const colours = theme.value
  useEffect(() => {
    const element = place.current
    if (!element) return
    const places = x ?? lines[0]?.y.map((_, index) => index) ?? []
    const sorted = inOrder(places, lines)
    const plot = new uPlot(optionsOf(element, lines, along), sorted, element)
    const resizing = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }))
    resizing.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const repaint = () => plot.redraw(false, true)
    scheme.addEventListener('change', repaint)
    return () => {
      scheme.removeEventListener('change', repaint)
      resizing.disconnect()
      plot.destroy()
    }
  }, [x, lines, colours, along])
  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={inWords(label, lines)} />
      {lines.length > 1 && (
        <figcaption class="legend">
          {lines.map(({ name }, index) => (
            <span key={name} data-line={index % COLOURS.length}>
              {name.replaceAll('_', ' ')}
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  )
}

/** For those who do not see it: of each line how many values, and between which bounds. */
function inWords(label: string, lines: ChartProps['lines']): string {
  const bounds = lines.map(({ name, y }) => {
    const numbers = y.filter((one): one is number => one !== null)
    if (numbers.length === 0) return `${name}: nothing`
    const [least, most] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))]
    return `${lines.length > 1 ? `${name}: ` : ''}${numbers.length} values from ${short(least)} to ${short(most)}`
  })
  return `${label}: ${bounds.join('; ')}`
}

const short = (value: number) => String(Number(value.toPrecision(4)))

/** A plot wants what it is drawn along to rise. */
function inOrder(places: number[], lines: ChartProps['lines']): uPlot.AlignedData {
  const order = places.map((_, index) => index).sort((one, other) => (places[one] ?? 0) - (places[other] ?? 0))
  return [
    order.map((index) => places[index] ?? 0),
    ...lines.map(({ y }) => order.map((index) => y[index] ?? null)),
  ] as unknown as uPlot.AlignedData
}

/** Colours are read when a part is painted: the theme may change. */
function optionsOf(element: HTMLElement, lines: ChartProps['lines'], along?: string): uPlot.Options {
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
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false } },
    axes: [
      { ...axis, ...(along === undefined ? {} : { label: along, labelSize: 18, labelFont: axis.font }) },
      { ...axis, size: 64 },
    ],
    series: [
      {},
      ...lines.map((_, index) => ({
        stroke: () => colour(COLOURS[index % COLOURS.length] ?? '--accent'),
        width: 1.5,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  }
}
