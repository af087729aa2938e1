import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { stateMark } from '../../design/state-badge.tsx'
import { theme } from '../../design/theme.ts'
import type { Part } from './numbers.ts'

interface PartPlotProps {
  part: Part
  /** The mean of the readings of each state that is shown behind it. */
  behind: { state: string; numbers: Part['numbers'] }[]
  /** All states, for their colours. */
  states: string[]
}

const HEIGHT = 190
const NARROW_HEIGHT = 150
const NARROW = 480

/** One part of the newest reading, place by place, before what each state looks like on average. */
export function PartPlot({ part, behind, states }: PartPlotProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const colours = theme.value
  const shown = behind.map(({ state }) => state).join(' ')

  useEffect(() => {
    const element = place.current
    if (!element) return
    const names = shown.split(' ').filter(Boolean)
    const made = new uPlot(optionsOf(element, names, states), [[], ...names.map(() => []), []], element)
    plot.current = made
    const resizing = new ResizeObserver(() => made.setSize(sizeOf(element)))
    resizing.observe(element)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const repaint = () => made.redraw(false, true)
    scheme.addEventListener('change', repaint)
    return () => {
      scheme.removeEventListener('change', repaint)
      resizing.disconnect()
      made.destroy()
      plot.current = null
    }
  }, [shown, states.join(), colours])

  useEffect(() => {
    const { numbers } = part
    plot.current?.setData([numbers.map((_, i) => i + 1), ...behind.map((one) => one.numbers), numbers])
  }, [part, behind, shown, colours])

  return <div class="part-plot" ref={place} role="img" aria-label={labelOf(part)} />
}

function labelOf({ name, numbers }: Part): string {
  const known = numbers.filter((number) => number !== null)
  const [low, high] = known.reduce(
    ([least, most], number) => [Math.min(least, number), Math.max(most, number)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
  if (known.length === 0) return `${name}: no numbers yet`
  return `${name}: ${numbers.length} numbers from ${low.toPrecision(3)} to ${high.toPrecision(3)}`
}

const sizeOf = ({ clientWidth }: HTMLElement) => ({
  width: clientWidth,
  height: clientWidth < NARROW ? NARROW_HEIGHT : HEIGHT,
})

function optionsOf(element: HTMLElement, behind: string[], states: string[]): uPlot.Options {
  const colour = (name: string) => getComputedStyle(element).getPropertyValue(name)
  const axis = {
    stroke: () => colour('--muted'),
    grid: { stroke: () => colour('--line'), width: 1 },
    ticks: { stroke: () => colour('--line'), width: 1, size: 4 },
    font: '12px system-ui, sans-serif',
  }
  return {
    ...sizeOf(element),
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false },
      y: { range: { min: { pad: 0.1, soft: 0, mode: 0 }, max: { pad: 0.1, soft: 0, mode: 0 } } },
    },
    axes: [
      { ...axis, size: 26, space: 60 },
      { ...axis, size: 52, space: 34 },
    ],
    series: [
      {},
      ...behind.map((state) => ({
        stroke: () => stateColour(element, stateMark(state, states)),
        width: 1.5,
        alpha: 0.85,
        points: { show: false },
      })),
      { stroke: () => colour('--text'), width: 2, points: { show: false } },
    ],
  }
}

/** Of the theme: the property itself names both. */
function stateColour(element: HTMLElement, mark: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(--state-${mark})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
