import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { CameraBody, CameraSettings } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button, Field } from '../../design/elements.tsx'
import { ChangedElsewhere } from './changed-elsewhere.tsx'
import { useDraft } from './draft.ts'
import { NumberField } from './number-field.tsx'
import { flawOf, StatesList } from './states-list.tsx'

interface SettingsFormProps {
  camera: CameraBody
  onChanged(camera: CameraBody): void
}

const NAMES = { states: 'states', threshold: 'threshold', debounce: 'debounce', staleAfter: 'stale after' }

/** What an operator sets of a camera. */
export function SettingsForm({ camera, onChanged }: SettingsFormProps) {
  const { live } = useConsole()
  const draft = useDraft({
    states: camera.states,
    threshold: Math.round(camera.threshold * 100),
    debounce: camera.debounce,
    staleAfter: camera.staleAfterMs / 1000,
  })
  const { states, threshold, debounce, staleAfter } = draft.fields
  /** A state that stands in the field, but not yet in the list. */
  const added = useSignal('')
  const sent = useRef<string[] | null>(null)
  const { busy, fault, run } = useAction()
  const wrong = (field: string) => (fault.value?.field?.split('.')[0] === field ? fault.value.message : null)

  const save = async (event: Event) => {
    event.preventDefault()
    // One with a flaw does not come here: its field is not valid.
    if (added.value !== '' && flawOf(added.value, states.value) === null) {
      states.value = [...states.value, added.value]
      added.value = ''
    }
    sent.current = states.value
    const settings: Partial<CameraSettings> = {
      states: states.value,
      threshold: threshold.value / 100,
      debounce: debounce.value,
      staleAfterMs: Math.round(staleAfter.value * 1000),
    }
    await run(async () => {
      onChanged(await send<CameraBody>('PATCH', `/api/cameras/${camera.id}`, settings))
      void live.reload()
      return 'The settings are kept.'
    })
  }
  return (
    <section class="settings card" aria-labelledby="settings">
      <header>
        <h2 id="settings">Settings</h2>
      </header>
      <form onSubmit={save}>
        <StatesList
          states={states}
          kept={camera.states}
          added={added}
          error={states.value === sent.current ? wrong('states') : null}
        />
        <Field
          label={`Threshold: ${threshold.value} %`}
          hint="A result of less confidence is unknown."
          error={wrong('threshold')}
        >
          {(ids) => (
            <input
              {...ids}
              type="range"
              min="0"
              max="100"
              value={threshold.value}
              onInput={(event) => {
                threshold.value = event.currentTarget.valueAsNumber
              }}
            />
          )}
        </Field>
        <div class="side-by-side">
          <NumberField
            label="Debounce"
            hint="Agreeing results that change the state."
            error={wrong('debounce')}
            value={debounce}
            max={1000}
          />
          <NumberField
            label="Stale after, seconds"
            hint="Unknown when no frame came for so long."
            error={wrong('staleAfterMs')}
            value={staleAfter}
            max={86_400}
            step="any"
          />
        </div>
        <ChangedElsewhere draft={draft} names={NAMES} />
        <Button kind="main" type="submit" busy={busy.value} disabled={draft.clashes.value.length > 0}>
          Save
        </Button>
      </form>
    </section>
  )
}
