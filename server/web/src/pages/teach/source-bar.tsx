import { useState } from 'preact/hooks'
import { Button } from '../../design/elements.tsx'
import { MARKS } from './marks.ts'
import { type Order, ordered, type Source } from './source.ts'

interface SourceBarProps {
  source: Source
  states: string[]
  hasModel: boolean
  onChange(source: Source): void
  onReload(): void
}

const ORDERS: Record<Order, string> = {
  useful: 'most useful first',
  newest: 'newest first',
  uncertain: 'most uncertain first',
}
const EVERY: [ms: number, name: string][] = [
  [0, 'all frames'],
  [10_000, 'one in 10 s'],
  [60_000, 'one a minute'],
  [600_000, 'one in 10 min'],
  [3_600_000, 'one an hour'],
]

/** Which frames are laid out: the most useful, the newest or the most uncertain, of a label, thinned, of a span. */
export function SourceBar({ source, states, hasModel, onChange, onReload }: SourceBarProps) {
  // On a phone it stands folded between the hands and the frames.
  const [isWide] = useState(() => matchMedia('(min-width: 641px)').matches)
  const change = (some: Partial<Source>) => onChange(ordered({ ...source, ...some }))
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
            onChange={({ currentTarget }) => change({ order: currentTarget.value as Order })}
          >
            <option value="useful" disabled={source.label !== 'none'}>
              {ORDERS.useful}
            </option>
            <option value="newest">{ORDERS.newest}</option>
            <option value="uncertain" disabled={!hasModel}>
              {ORDERS.uncertain}
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
            {MARKS.map(({ name }) => (
              <option key={name} value={name}>
                {name}
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
          <input
            type="datetime-local"
            step="1"
            value={localTime(source.from)}
            onChange={({ currentTarget }) => change({ from: timeIn(currentTarget) })}
          />
        </label>
        <label>
          <span>To</span>
          <input
            type="datetime-local"
            step="1"
            value={localTime(source.to)}
            onChange={({ currentTarget }) => change({ to: timeIn(currentTarget) })}
          />
        </label>
        <Button onClick={onReload}>Look again</Button>
      </div>
    </details>
  )
}

function inWords({ order, label, every, from, to }: Source): string {
  const words = [ORDERS[order]]
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

/** As a field of the viewer's zone has it. */
function localTime(ms: number | null): string {
  if (ms === null) return ''
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
