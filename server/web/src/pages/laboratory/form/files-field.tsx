import { useId, useState } from 'preact/hooks'
import type { Entry, InputBody } from '../../../api/laboratory-bodies.ts'
import { Button } from '../../../design/elements.tsx'
import { amount, counted } from '../../../design/words.ts'
import { keyOf } from '../entries.ts'
import { TilePicker } from '../picker.tsx'
import type { PoolPicture } from '../session/operations.ts'
import { ChosenList } from './chosen-list.tsx'
import { added, type Chosen, howMany, isCountWrong } from './draft.ts'
import { SpanEntry } from './span-entry.tsx'

interface FilesFieldProps {
  input: InputBody
  chosen: readonly Chosen[]
  pool: PoolPicture[]
  error: string | null
  onChange(chosen: Chosen[]): void
}

const AT_ONCE = 24

/** Pictures that an operation takes, in their order: chosen one by one, all at once, or all frames of a span. */
export function FilesField({ input, chosen, pool, error, onChange }: FilesFieldProps) {
  const about = useId()
  const [open, setOpen] = useState<'pictures' | 'span' | null>(null)
  const [shown, setShown] = useState(AT_ONCE)
  const { maximum = Number.POSITIVE_INFINITY } = input
  const placeOf = (entry: Entry) => chosen.findIndex((one) => keyOf(one.entry) === keyOf(entry))
  const toggle = (entry: Entry) => {
    const place = placeOf(entry)
    // Where one is taken, another one takes its place.
    const others = maximum === 1 ? [] : chosen
    onChange(place >= 0 ? chosen.toSpliced(place, 1) : added(others, [entry]))
  }
  return (
    <fieldset class="files-field" aria-describedby={about}>
      <legend>{input.name}</legend>
      <p id={about} class={error === null ? 'hint' : 'hint wrong'} role={error === null ? undefined : 'alert'}>
        {error === null
          ? `${input.description} ${howMany(input)}${chosen.length > maximum ? `: ${amount(chosen.length)} are chosen` : ''}.`
          : isCountWrong(input, chosen.length)
            ? `${howMany(input)}: ${chosen.length === 0 ? 'none is' : `${amount(chosen.length)} ${chosen.length === 1 ? 'is' : 'are'}`} chosen.`
            : error}
      </p>
      <ChosenList input={input} chosen={chosen} pool={pool} onChange={onChange} />
      <div class="buttons">
        <Button aria-expanded={open === 'pictures'} onClick={() => setOpen(open === 'pictures' ? null : 'pictures')}>
          Choose pictures
        </Button>
        {maximum > 1 && pool.length > 1 && (
          <Button
            onClick={() =>
              onChange(
                added(
                  [],
                  pool.filter(({ made }) => made === null).map(({ entry }) => entry),
                ),
              )
            }
          >
            All of the session
          </Button>
        )}
        {maximum > 1 && (
          <Button aria-expanded={open === 'span'} onClick={() => setOpen(open === 'span' ? null : 'span')}>
            Frames of a span
          </Button>
        )}
        {chosen.length > 1 && (
          <Button kind="quiet" onClick={() => onChange([])}>
            None
          </Button>
        )}
      </div>
      {open === 'span' && (
        <SpanEntry
          onAdd={(query) => {
            onChange(added(chosen, [{ source: 'archive', query }]))
            setOpen(null)
          }}
        />
      )}
      {open === 'pictures' && (
        <div class="pool">
          {pool.length === 0 && <p class="hint">The session holds no pictures yet: add some first.</p>}
          <TilePicker
            label={`Choose: ${input.name}`}
            pictures={pool.slice(0, shown)}
            placeOf={placeOf}
            onToggle={toggle}
            isOrdered={maximum > 1}
          />
          {pool.length > shown && (
            <Button kind="quiet" onClick={() => setShown(shown + AT_ONCE)}>
              Show {amount(Math.min(AT_ONCE, pool.length - shown))} more of {counted(pool.length, 'picture')}
            </Button>
          )}
        </div>
      )}
    </fieldset>
  )
}
