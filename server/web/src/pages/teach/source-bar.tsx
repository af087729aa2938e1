import { useState } from 'preact/hooks'
import { Button } from '../../design/elements.tsx'
import type { Source } from './calls.ts'

interface SourceBarProps {
  source: Source
  states: string[]
  hasModel: boolean
  onChange(source: Source): void
  onReload(): void
}

const EVERY: [ms: number, name: string][] = [
  [0, 'all frames'],
  [10_000, 'one in 10 s'],
  [60_000, 'one a minute'],
  [600_000, 'one in 10 min'],
  [3_600_000, 'one an hour'],
]

/** Which frames are laid out: the newest or the most uncertain, of a label, thinned, of a span. */
export function SourceBar({ source, states, hasModel, onChange, onReload }: SourceBarProps) {
  // On a phone it stands folded between the hands and the frames.
  const [isWide] = useState(() => matchMedia('(min-width: 641px)').matches)
  const change = (some: Partial<Source>) => onChange({ ...source, ...some })
  return (
    <details class="source-bar" open={isWide}>
      <summary>
        Which frames <small>{inWords(source)}</small>
      </summary>
      <div class="fields">
        <label>
          <span>Order</span>
          <select
            value={source.order}
            onChange={({ currentTarget }) => change({ order: currentTarget.value as Source['order'] })}
          >
            <option value="newest">newest first</option>
            <option value="uncertain" disabled={!hasModel}>
              most uncertain first
            </option>
          </select>
        </label>
        <label>
          <span>Label</span>
          <select
            value={source.label ?? ''}
            onChange={({ currentTarget }) => change({ label: currentTarget.value || null })}
          >
            <option value="none">none yet</option>
            {states.map((state) => (
              <option key={state} value={state}>
                {state}
              </option>
            ))}
            <option value="">any</option>
          </select>
        </label>
        <label>
          <span>Take</span>
          <select value={source.every} onChange={({ currentTarget }) => change({ every: Number(currentTarget.value) })}>
            {EVERY.map(([ms, name]) => (
              <option key={ms} value={ms}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span>From</span>
          <input type="datetime-local" onChange={({ currentTarget }) => change({ from: timeIn(currentTarget) })} />
        </label>
        <label>
          <span>To</span>
          <input type="datetime-local" onChange={({ currentTarget }) => change({ to: timeIn(currentTarget) })} />
        </label>
        <Button onClick={onReload}>Look again</Button>
      </div>
    </details>
  )
}

function inWords({ order, label, every, from, to }: Source): string {
  const words = [order === 'newest' ? 'newest first' : 'most uncertain first']
  if (label !== null) words.push(label === 'none' ? 'without a label' : `labelled ${label}`)
  if (every > 0) words.push(EVERY.find(([ms]) => ms === every)?.[1] ?? '')
  if (from !== null || to !== null) words.push('of a span')
  return words.join(', ')
}

/** Milliseconds UTC, or null where nothing whole stands there. The field is in the viewer's zone. */
function timeIn({ value }: HTMLInputElement): number | null {
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? null : ms
}
