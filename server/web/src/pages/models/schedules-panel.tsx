import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CameraBody, List, ScheduleBody } from '../../api/bodies.ts'
import { get, send } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useConsole } from '../../console.ts'
import { Button, Moment } from '../../design/elements.tsx'
import { timeOfDay } from '../../design/words.ts'
import { ScheduleForm } from './schedule-form.tsx'
import { cronInWords } from './times.ts'

const KIND = 'training'

/** When the camera is trained anew by itself. */
export function SchedulesPanel({ camera }: { camera: CameraBody }) {
  const { live } = useConsole()
  const schedules = useSignal<ScheduleBody[] | null>(null)
  const { busy, run } = useAction()
  const load = async () => {
    const { items } = await get<List<ScheduleBody>>('/api/schedules', { camera: camera.id })
    schedules.value = items.filter(({ kind }) => kind === KIND)
  }
  useEffect(() => {
    void run(async () => void (await load()))
    // One that fired has another next time.
    return live.listen(({ kind, data }) => {
      if (kind === 'job' && data.kind === KIND && data.camera === camera.id) void load().catch(() => {})
    })
  }, [camera.id])
  const change = (act: () => Promise<unknown>) =>
    run(async () => {
      await act()
      await load()
      return undefined
    })
  return (
    <section class="card part schedules" aria-labelledby="schedules">
      <h2 id="schedules">Train by itself</h2>
      <p class="hint">
        From all labels there are by then; without new ones no model is made. One that is worse than the one that is
        active then is kept, but not activated.
      </p>
      {schedules.value !== null && schedules.value.length > 0 && (
        <ul class="owned" aria-label="Times of training">
          {schedules.value.map((schedule) => (
            <li key={schedule.id}>
              <span>
                <strong>{cronInWords(schedule.cron)}</strong>
                <small>{nextInWords(schedule)}</small>
              </span>
              <span class="buttons">
                <Button
                  busy={busy.value}
                  onClick={() =>
                    void change(() => send('PATCH', `/api/schedules/${schedule.id}`, { paused: !schedule.paused }))
                  }
                >
                  {schedule.paused ? 'Go on' : 'Pause'}
                </Button>
                <Button
                  busy={busy.value}
                  aria-label={`Remove the training ${cronInWords(schedule.cron)}`}
                  onClick={() => void change(() => send('DELETE', `/api/schedules/${schedule.id}`))}
                >
                  Remove
                </Button>
              </span>
            </li>
          ))}
        </ul>
      )}
      <ScheduleForm camera={camera.id} kind={KIND} onAdded={() => void load()} />
    </section>
  )
}

function nextInWords({ paused, nextAt, timezone }: ScheduleBody) {
  if (paused) return 'paused'
  const at = Date.parse(nextAt ?? '')
  if (Number.isNaN(at)) return timezone
  return (
    <>
      next <Moment at={at}>{timeOfDay(at)}</Moment>, {timezone}
    </>
  )
}
