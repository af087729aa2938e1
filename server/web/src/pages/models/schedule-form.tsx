import { useSignal } from '@preact/signals'
import type { ScheduleBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { Button, Field } from '../../design/elements.tsx'
import { cronFault, TIMES } from './times.ts'

interface ScheduleFormProps {
  camera: string
  kind: string
  onAdded(): void
}

const OWN = 'own'

/** Another time of training, in the zone of whoever sets it. */
export function ScheduleForm({ camera, kind, onAdded }: ScheduleFormProps) {
  const chosen = useSignal(TIMES[0]?.cron ?? OWN)
  const own = useSignal('30 2 * * 1-5')
  const flaw = useSignal<string | null>(null)
  const { busy, fault, run } = useAction()
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const add = async (event: Event) => {
    event.preventDefault()
    const cron = chosen.value === OWN ? own.value.trim() : chosen.value
    flaw.value = cronFault(cron)
    if (flaw.value !== null) return
    await run(async () => {
      const params = { unlessUnchanged: true } // a night without new labels makes no model
      await send<ScheduleBody>('POST', '/api/schedules', { kind, camera, cron, timezone: timeZone, params })
      onAdded()
      return 'It is trained by itself from now on.'
    })
  }
  return (
    <form onSubmit={(event) => void add(event)}>
      <Field label="When" hint={`In the time of ${timeZone}.`} error={fault.value?.message ?? null}>
        {(ids) => (
          <select {...ids} value={chosen.value} onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}>
            {TIMES.map(({ cron, name }) => (
              <option key={cron} value={cron}>
                {name}
              </option>
            ))}
            <option value={OWN}>at times of your own</option>
          </select>
        )}
      </Field>
      {chosen.value === OWN && (
        <Field label="Cron line" hint="Minute, hour, day of the month, month, day of the week." error={flaw.value}>
          {(ids) => (
            <input
              {...ids}
              value={own.value}
              spellcheck={false}
              onInput={({ currentTarget }) => (own.value = currentTarget.value)}
            />
          )}
        </Field>
      )}
      <Button type="submit" busy={busy.value}>
        Add
      </Button>
    </form>
  )
}
