import { Button } from '../../design/elements.tsx'
import { stateMark } from '../../design/state-badge.tsx'
import { counted } from '../../design/words.ts'
import type { StateKeys } from './keys.ts'
import { MARKS } from './marks.ts'
import type { Sheet } from './sheet.ts'

interface LabelButtonsProps {
  sheet: Sheet
  keys: StateKeys[]
  states: string[]
  /** Labelled frames of other cameras that it learns from too, by state. */
  borrowed: Record<string, number>
  /** So many frames of each state are good; null where a training has said what is needed. */
  good: number | null
}

/** One button for each state, with its keys and how far it has come. */
export function LabelButtons({ sheet, keys, states, borrowed, good }: LabelButtonsProps) {
  const counts = sheet.counts.value
  const isEmpty = sheet.current.value === null
  return (
    <div class="label-buttons">
      <div class="by-state">
        {keys.map(({ state, digit, letter }) => {
          const count = counts[state] ?? 0
          const others = borrowed[state] ?? 0
          const isEnough = good === null || count + others >= good
          return (
            <button
              key={state}
              type="button"
              class="label-button"
              data-state={stateMark(state, states)}
              disabled={isEmpty}
              aria-keyshortcuts={[digit, letter].filter(Boolean).join(' ')}
              onClick={() => sheet.label(state)}
            >
              <span class="mark" aria-hidden="true" />
              <span class="name">{state}</span>
              <span class="keys" aria-hidden="true">
                {digit !== null && <kbd>{digit}</kbd>}
                {letter !== null && <kbd>{letter}</kbd>}
              </span>
              <span class={good !== null && isEnough ? 'count enough' : 'count'}>
                {isEnough ? counted(count, 'label') : `${count} of ${good}`}
                {others > 0 && `, and ${others} of other cameras`}
              </span>
              {good !== null && (
                <progress
                  value={Math.min(count + others, good)}
                  max={good}
                  aria-label={`Labelled frames of ${state}`}
                />
              )}
            </button>
          )
        })}
      </div>
      <div class="after">
        {MARKS.map(({ name, hint, keys }) => (
          <Button
            key={name}
            kind="quiet"
            title={hint}
            disabled={isEmpty}
            aria-keyshortcuts={keys.join(' ')}
            onClick={() => sheet.label(name)}
          >
            {capital(name)} {(counts[name] ?? 0) > 0 && <small>{counts[name]}</small>} <kbd>{keys[0]}</kbd>
          </Button>
        ))}
        <span class="between" />
        <Button kind="quiet" disabled={isEmpty} onClick={() => sheet.moveBy(1)} aria-keyshortcuts="ArrowRight">
          Skip <kbd>→</kbd>
        </Button>
        <Button kind="quiet" disabled={!sheet.canUndo} onClick={() => sheet.undo()} aria-keyshortcuts="u Control+z">
          Undo <kbd>u</kbd>
        </Button>
      </div>
    </div>
  )
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1)
}
