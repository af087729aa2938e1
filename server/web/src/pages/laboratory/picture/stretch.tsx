import type { RawData } from '../../../api/laboratory-bodies.ts'
import { Button } from '../../../design/elements.tsx'

export interface Bounds {
  zmin: number
  zmax: number
}

interface StretchProps {
  data: RawData
  /** Null: as it is. */
  bounds: Bounds | null
  onChange(bounds: Bounds | null): void
}

const HEIGHT = 100
const STEPS = 500

/** Which values are black and which white, over how often each value is there. */
export function Stretch({ data, bounds, onChange }: StretchProps) {
  const { histogram, bins } = data
  const [least, most] = [bins[0] ?? 0, bins.at(-1) ?? 1]
  const span = most - least || 1
  const shown = bounds ?? { zmin: Math.max(least, data.zmin), zmax: Math.min(most, data.zmax) }
  const step = span / STEPS
  const set = (some: Partial<Bounds>) => {
    const next = { ...shown, ...some }
    // One pushes the other: black stays below white.
    if (next.zmin >= next.zmax) {
      if (some.zmin !== undefined) next.zmax = Math.min(most, next.zmin + step)
      else next.zmin = Math.max(least, next.zmax - step)
    }
    if (next.zmin < next.zmax) onChange(next)
  }
  const at = (value: number) => ((value - least) / span) * histogram.length
  return (
    <section class="card part" aria-labelledby="stretch">
      <header>
        <h2 id="stretch">Stretch</h2>
        <span class="buttons">
          <Button kind="quiet" onClick={() => onChange({ zmin: data.zmin, zmax: data.zmax })}>
            Automatic
          </Button>
          <Button kind="quiet" disabled={bounds === null} onClick={() => onChange(null)}>
            As it is
          </Button>
        </span>
      </header>
      <svg
        class="histogram"
        viewBox={`0 0 ${histogram.length} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`How often each value is there, from ${inShort(least)} to ${inShort(most)}`}
      >
        <path d={outlineOf(histogram)} />
        <line x1={at(shown.zmin)} x2={at(shown.zmin)} y1="0" y2={HEIGHT} />
        <line x1={at(shown.zmax)} x2={at(shown.zmax)} y1="0" y2={HEIGHT} />
      </svg>
      {(['zmin', 'zmax'] as const).map((bound) => (
        <label key={bound} class="bound">
          <span>{bound === 'zmin' ? 'Black up to' : 'White from'}</span>
          <input
            type="range"
            min={bound === 'zmin' ? least : least + step}
            max={bound === 'zmin' ? most - step : most}
            step={step}
            value={shown[bound]}
            aria-valuetext={inShort(shown[bound])}
            onInput={({ currentTarget }) => set({ [bound]: Number(currentTarget.value) })}
          />
          <output>{inShort(shown[bound])}</output>
        </label>
      ))}
    </section>
  )
}

const inShort = (value: number) => String(Number(value.toPrecision(5)))

/** Few values are seen beside many: heights are logarithms. */
function outlineOf(histogram: number[]): string {
  const highest = Math.log1p(Math.max(1, ...histogram))
  const tops = histogram.map((count, index) => {
    const y = HEIGHT - (Math.log1p(count) / highest) * HEIGHT
    return `L${index} ${y.toFixed(1)}H${index + 1}`
  })
  return `M0 ${HEIGHT}${tops.join('')}V${HEIGHT}Z`
}
