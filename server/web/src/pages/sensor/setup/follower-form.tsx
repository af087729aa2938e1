import { send } from '../../../api/client.ts'
import type { SensorBody, SensorSource } from '../../../api/sensor-bodies.ts'
import { useAction } from '../../../api/use-action.ts'
import { Button } from '../../../design/elements.tsx'
import { sensorPath } from '../../../router/route.ts'
import { ChangedElsewhere } from '../../camera/changed-elsewhere.tsx'
import { useDraft } from '../../camera/draft.ts'
import { PaceFields } from './pace-fields.tsx'

interface FollowerFormProps {
  /** `device/sensor` */
  id: string
  source: SensorSource
  onChanged(sensor: SensorBody): void
}

const NAMES = { debounce: 'readings that must agree', staleAfter: 'unknown after silence' }

/** What is set of a sensor that asks the model of another: all else is that one's. */
export function FollowerForm({ id, source, onChanged }: FollowerFormProps) {
  const draft = useDraft({ debounce: source.debounce, staleAfter: source.staleAfterMs / 1000 })
  const { debounce, staleAfter } = draft.fields
  const { busy, fault, run } = useAction()
  const wrong = (field: string) => (fault.value?.field === field ? fault.value.message : null)
  const save = (event: Event) => {
    event.preventDefault()
    const settings = { debounce: debounce.value, staleAfterMs: Math.round(staleAfter.value * 1000) }
    return run(async () => {
      onChanged(await send<SensorBody>('PATCH', `/api/sensors/${id}`, settings))
      return 'The settings are kept.'
    })
  }
  return (
    <section class="settings card" aria-labelledby="settings">
      <header>
        <h2 id="settings">Settings</h2>
      </header>
      <form onSubmit={save}>
        <PaceFields debounce={debounce} staleAfter={staleAfter} wrong={wrong} />
        <ChangedElsewhere draft={draft} names={NAMES} />
        <Button kind="main" type="submit" busy={busy.value} disabled={draft.clashes.value.length > 0}>
          Save
        </Button>
      </form>
    </section>
  )
}

/** Whose model a sensor asks, and where that is taught. */
export function Follows({ whose }: { whose: string }) {
  return (
    <p class="hint">
      It asks the model of <a href={sensorPath(whose)}>{whose}</a>: there it is taught, and its states are set.
    </p>
  )
}
