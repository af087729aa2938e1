import type { InputBody } from '../../../api/laboratory-bodies.ts'
import { Button } from '../../../design/elements.tsx'
import { counted } from '../../../design/words.ts'
import { entryInWords, isQuery, keyOf } from '../entries.ts'
import type { PoolPicture } from '../session/operations.ts'
import { Thumb } from '../thumb.tsx'
import { type Chosen, moved } from './draft.ts'

interface ChosenListProps {
  input: InputBody
  chosen: readonly Chosen[]
  pool: PoolPicture[]
  onChange(chosen: Chosen[]): void
}

/** Nobody puts more than so many in order by hand. */
const AT_ONCE = 12

/** What was chosen, in its order; with a stretch and a colour for each where the operation takes them. */
export function ChosenList({ input, chosen, pool, onChange }: ChosenListProps) {
  if (chosen.length === 0) return null
  const change = (place: number, some: Partial<Chosen>) => {
    const one = chosen[place]
    if (one) onChange(chosen.toSpliced(place, 1, { ...one, ...some }))
  }
  const hasOrder = chosen.length > 1
  return (
    <>
      <ol class="chosen" aria-label={`Chosen: ${input.name}`}>
        {chosen.slice(0, AT_ONCE).map((one, place) => {
          const { entry } = one
          const name = entryInWords(entry)
          return (
            <li key={keyOf(entry)}>
              {isQuery(entry) ? (
                <span class="thumb many" aria-hidden="true" />
              ) : (
                <Thumb entry={entry} small={pool.find((other) => keyOf(other.entry) === keyOf(entry))?.small ?? null} />
              )}
              <span class="name">{name}</span>
              <span class="buttons">
                {hasOrder && (
                  <>
                    <Button
                      kind="quiet"
                      disabled={place === 0}
                      aria-label={`Sooner: ${name}`}
                      onClick={() => onChange(moved(chosen, place, -1))}
                    >
                      ↑
                    </Button>
                    <Button
                      kind="quiet"
                      disabled={place === chosen.length - 1}
                      aria-label={`Later: ${name}`}
                      onClick={() => onChange(moved(chosen, place, 1))}
                    >
                      ↓
                    </Button>
                  </>
                )}
                <Button
                  kind="quiet"
                  aria-label={`Without ${name}`}
                  onClick={() => onChange(chosen.toSpliced(place, 1))}
                >
                  ✕
                </Button>
              </span>
              {!isQuery(entry) && (input.include_custom_scale || input.color_picker) && (
                <span class="of-each">
                  {input.color_picker && (
                    <label>
                      Colour
                      <input
                        type="color"
                        value={one.color}
                        onInput={({ currentTarget }) => change(place, { color: currentTarget.value })}
                      />
                    </label>
                  )}
                  {input.include_custom_scale &&
                    (['zmin', 'zmax'] as const).map((bound) => (
                      <label key={bound}>
                        {bound === 'zmin' ? 'Black at' : 'White at'}
                        <input
                          type="number"
                          step="any"
                          placeholder="by itself"
                          value={one[bound]}
                          onInput={({ currentTarget }) => change(place, { [bound]: currentTarget.value })}
                        />
                      </label>
                    ))}
                </span>
              )}
            </li>
          )
        })}
      </ol>
      {chosen.length > AT_ONCE && (
        <p class="hint">and {counted(chosen.length - AT_ONCE, 'more picture')}, in the order of the list</p>
      )}
    </>
  )
}
