interface SmallPlotProps {
  /** In the order of their places in the reading. */
  numbers: readonly number[]
  /** Says what they are. */
  label: string
}

const [WIDTH, HEIGHT, MARGIN] = [160, 90, 8]

/** Numbers as a line, as wide and as high as there is room. */
export function SmallPlot({ numbers, label }: SmallPlotProps) {
  return (
    <svg class="small-plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <polyline points={lineThrough(numbers)} vector-effect="non-scaling-stroke" />
    </svg>
  )
}

/** For `points` of a polyline: from left to right, the least at the bottom, the greatest at the top. */
export function lineThrough(numbers: readonly number[]): string {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const number of numbers) [low, high] = [Math.min(low, number), Math.max(high, number)]
  const all = numbers.length === 1 ? [numbers[0] ?? 0, numbers[0] ?? 0] : numbers
  const range = high - low
  const y = (number: number) => (range > 0 ? (high - number) / range : 0.5) * (HEIGHT - 2 * MARGIN) + MARGIN
  return all.map((number, i) => `${round((i / (all.length - 1)) * WIDTH)},${round(y(number))}`).join(' ')
}

const round = (value: number) => Math.round(value * 10) / 10
