import type { NamedEntry } from '../../api/laboratory-bodies.ts'
import { clockTime, shortDay } from '../../design/words.ts'
import { entryInWords, frameOf, keyOf } from './entries.ts'
import type { PoolPicture } from './session/operations.ts'
import { Thumb } from './thumb.tsx'

interface PictureTileProps {
  entry: NamedEntry
  small?: string | null
  made?: string | null
}

/** A picture and what it is, as small as it is told from others. */
export function PictureTile({ entry, small = null, made = null }: PictureTileProps) {
  const frame = frameOf(entry)
  return (
    <>
      <Thumb entry={entry} small={small} />
      <span class="tile-name">{made ?? (frame ? <FrameName at={frame.at} /> : entry.basename)}</span>
      {(made !== null || frame !== null) && <span class="hidden-text"> {entryInWords(entry)}</span>}
    </>
  )
}

/** The day above the time to the second: frames a second apart are told apart, and nothing is cut. */
function FrameName({ at }: { at: number }) {
  return (
    <>
      {shortDay(at)}
      <br />
      {clockTime(at)}
    </>
  )
}

interface TilePickerProps {
  label: string
  pictures: PoolPicture[]
  /** The place of a picture among the chosen ones; -1 where it is none. */
  placeOf(entry: NamedEntry): number
  onToggle(entry: NamedEntry): void
  /** Whether the places are shown: the order matters. */
  isOrdered?: boolean
}

/** Pictures to choose from; one that is chosen is pressed. */
export function TilePicker({ label, pictures, placeOf, onToggle, isOrdered = false }: TilePickerProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is no grid in every browser
    <div class="tiles" role="group" aria-label={label}>
      {pictures.map(({ entry, small, made }) => {
        const place = placeOf(entry)
        return (
          <button
            key={keyOf(entry)}
            type="button"
            class="tile"
            aria-pressed={place >= 0}
            title={entryInWords(entry)}
            onClick={() => onToggle(entry)}
          >
            <PictureTile {...{ entry, small, made }} />
            {place >= 0 && (
              <span class="tile-place" aria-hidden="true">
                {isOrdered ? place + 1 : '✓'}
              </span>
            )}
          </button>
        )
      })}
    </div>
  )
}
