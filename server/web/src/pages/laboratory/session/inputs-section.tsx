import { useState } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { DataSessionBody, NamedEntry } from '../../../api/laboratory-bodies.ts'
import { useConsole } from '../../../console.ts'
import { Button } from '../../../design/elements.tsx'
import { amount, counted } from '../../../design/words.ts'
import { picturePath, sessionPath } from '../../../router/route.ts'
import { entryInWords, keyOf } from '../entries.ts'
import { NameDialog } from '../name-dialog.tsx'
import { PictureTile, TilePicker } from '../picker.tsx'

interface InputsSectionProps {
  session: DataSessionBody
  isOwn: boolean
  onAdd(): void
}

const AT_ONCE = 24
/** On a phone what is computed stands below them. */
const AT_ONCE_NARROW = 6
const NARROW = '(max-width: 640px)'

/** The pictures of a session. They are only ever added; fewer are another session. */
export function InputsSection({ session, isOwn, onAdd }: InputsSectionProps) {
  const { router } = useConsole()
  const [shown, setShown] = useState(() => (matchMedia(NARROW).matches ? AT_ONCE_NARROW : AT_ONCE))
  const [chosen, setChosen] = useState<ReadonlyMap<string, NamedEntry> | null>(null)
  const [isNaming, setNaming] = useState(false)
  const inputs = session.input_data
  return (
    <section class="card part" aria-labelledby="pictures">
      <header>
        <h2 id="pictures">
          Pictures <small>{amount(inputs.length)}</small>
        </h2>
        {isOwn && (
          <Button kind={inputs.length === 0 ? 'main' : 'plain'} onClick={onAdd}>
            Add pictures
          </Button>
        )}
      </header>
      {inputs.length === 0 && <p class="hint">None yet: add frames of a camera, FITS files, or files of your own.</p>}
      {chosen !== null && (
        <>
          <p class="hint">Click the pictures of the new session.</p>
          <div class="buttons">
            <Button kind="main" disabled={chosen.size === 0} onClick={() => setNaming(true)}>
              New session of {counted(chosen.size, 'picture')}
            </Button>
            <Button kind="quiet" onClick={() => setChosen(null)}>
              Cancel
            </Button>
          </div>
        </>
      )}
      {chosen === null ? (
        <ul class="tiles" aria-label="Pictures">
          {inputs.slice(0, shown).map((entry) => (
            <li key={keyOf(entry)}>
              <a href={picturePath(session.id, entry)} title={entryInWords(entry)}>
                <PictureTile entry={entry} />
              </a>
            </li>
          ))}
        </ul>
      ) : (
        <TilePicker
          label="Pictures of the new session"
          pictures={inputs.slice(0, shown).map((entry) => ({ entry, small: null, made: null }))}
          placeOf={(entry) => (chosen.has(keyOf(entry)) ? 0 : -1)}
          onToggle={(entry) => setChosen(toggled(chosen, entry))}
        />
      )}
      {inputs.length > shown && (
        <Button kind="quiet" onClick={() => setShown(shown + AT_ONCE)}>
          Show {amount(Math.min(AT_ONCE, inputs.length - shown))} more of {amount(inputs.length)}
        </Button>
      )}
      {inputs.length > 1 && chosen === null && (
        <p class="hint">
          Pictures are only added to a session. For fewer,{' '}
          <button class="link" type="button" onClick={() => setChosen(new Map())}>
            choose those of a new session
          </button>
          .
        </p>
      )}
      {isNaming && chosen !== null && (
        <NameDialog
          title={`New session of ${counted(chosen.size, 'picture')}`}
          action="Make it"
          name={`${session.name}, a part`}
          onClose={() => setNaming(false)}
          onNamed={async (name) => {
            const body = { name, input_data: [...chosen.values()] }
            const made = await send<DataSessionBody>('POST', '/api/datasessions/', body)
            router.go(sessionPath(made.id))
          }}
        />
      )}
    </section>
  )
}

function toggled(chosen: ReadonlyMap<string, NamedEntry>, entry: NamedEntry): ReadonlyMap<string, NamedEntry> {
  const key = keyOf(entry)
  const next = new Map(chosen)
  if (!next.delete(key)) next.set(key, entry)
  return next
}
