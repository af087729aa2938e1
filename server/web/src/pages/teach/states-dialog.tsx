import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { CameraBody } from '../../api/bodies.ts'
import { queryText, send } from '../../api/client.ts'
import { Dialog, DialogActions } from '../../design/dialog.tsx'
import { Button } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { teachPath } from '../../router/route.ts'
import { stateFault } from './state-names.ts'

interface StatesDialogProps {
  camera: CameraBody
  /** Labelled frames by state. */
  counts: Record<string, number>
  onClose(): void
  onSaved(camera: CameraBody): void
}

const FIRST = ['closed', 'open']

/** The names a camera can be in. One that frames are labelled with stays until these labels are taken away. */
export function StatesDialog({ camera, counts, onClose, onSaved }: StatesDialogProps) {
  const [names, setNames] = useState(camera.states.length > 0 ? camera.states : FIRST)
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)
  const isFixed = (name: string) => camera.states.includes(name) && (counts[name] ?? 0) > 0
  const list = useRef<HTMLOListElement>(null)
  const shown = useRef(0)
  // What one types first names the first state that can be named, then the one that was added; at once, for the next
  // key is for it.
  useLayoutEffect(() => {
    const fields = [...(list.current?.querySelectorAll<HTMLInputElement>('input:not([readonly])') ?? [])]
    const field = shown.current === 0 ? fields[0] : names.length > shown.current ? fields.at(-1) : undefined
    shown.current = names.length
    field?.focus()
    field?.select()
  }, [names.length])
  const replace = (index: number, name: string) => setNames(names.map((one, i) => (i === index ? name : one)))

  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    const fault = stateFault(names)
    setError(fault)
    if (fault !== null) return
    setBusy(true)
    try {
      onSaved(await send<CameraBody>('PATCH', `/api/cameras/${camera.id}`, { states: names }))
    } catch (refused) {
      setError((refused as Error).message)
      setBusy(false)
    }
  }

  return (
    <Dialog title={`States of ${camera.id}`} onClose={onClose}>
      <form class="states-form" onSubmit={(event) => void save(event)}>
        <ol ref={list}>
          {names.map((name, index) => (
            <li key={index}>
              <input
                value={name}
                aria-label={`State ${index + 1}`}
                aria-invalid={error !== null}
                readOnly={isFixed(name)}
                autocapitalize="none"
                spellcheck={false}
                onInput={({ currentTarget }) => replace(index, currentTarget.value)}
              />
              {isFixed(name) ? (
                <small>
                  To rename or remove it,{' '}
                  <a href={teachPath(camera.id) + queryText({ label: name })} onClick={onClose}>
                    label its {counted(counts[name] ?? 0, 'frame')} otherwise
                  </a>{' '}
                  first.
                </small>
              ) : (
                <Button
                  kind="quiet"
                  aria-label={`Remove ${name}`}
                  onClick={() => setNames(names.filter((_, i) => i !== index))}
                >
                  ✕
                </Button>
              )}
            </li>
          ))}
        </ol>
        <Button onClick={() => setNames([...names, ''])} disabled={names.length >= 32}>
          Add a state
        </Button>
        <p class={error === null ? 'hint' : 'hint wrong'} aria-live="polite">
          {error ?? 'Small letters, digits and hyphens.'}
        </p>
        <DialogActions action="Save" busy={busy} onCancel={onClose} />
      </form>
    </Dialog>
  )
}
