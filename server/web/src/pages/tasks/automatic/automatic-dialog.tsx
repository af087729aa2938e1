import { useState } from 'preact/hooks'
import { ApiError, send } from '../../../api/client.ts'
import type { TaskBody, TaskOrder } from '../../../api/task-bodies.ts'
import { useConsole } from '../../../console.ts'
import { Dialog, DialogActions } from '../../../design/dialog.tsx'
import { Field } from '../../../design/elements.tsx'
import { cronFault } from '../../models/times.ts'
import { type Flaws, flawsOf, NO_FLAWS, NOTHING, paramsOf, type TaskDraft } from '../params/draft.ts'
import { ParamsFields } from '../params/params-fields.tsx'
import { titleOf } from '../use-tasks.ts'
import { HEALTH } from './health-each-night.tsx'
import { ALL_READINGS, ReadingsField, readingsOf } from './readings-field.tsx'
import { cronOf, WAYS, type When } from './times.ts'

interface AutomaticDialogProps {
  /** Those that can be run. */
  tasks: readonly TaskBody[]
  /** The one it is about; null: one chooses. */
  task: TaskBody | null
  onClose(): void
  onMade(): Promise<void>
}

/** When a task is run by itself, on which camera, with what, and what becomes of its numbers. */
export function AutomaticDialog({ tasks, task: given, onClose, onMade }: AutomaticDialogProps) {
  const { live } = useConsole()
  const cameras = live.ids.value ?? []
  const [name, setName] = useState((given ?? tasks.find((one) => one.name === HEALTH) ?? tasks[0])?.name ?? '')
  const [camera, setCamera] = useState(cameras[0] ?? '')
  const [when, setWhen] = useState<When>('nightly')
  const [time, setTime] = useState('03:00')
  const [own, setOwn] = useState('*/30 8-18 * * 1-5')
  const [states, setStates] = useState<readonly string[]>([])
  const [draft, setDraft] = useState<TaskDraft>(NOTHING)
  const [readings, setReadings] = useState(ALL_READINGS)
  const [flaws, setFlaws] = useState<Flaws>(NO_FLAWS)
  const [wrong, setWrong] = useState<Record<string, string>>({})
  const [busy, setBusy] = useState(false)
  const task = tasks.find((one) => one.name === name)
  const known = [...(live.camera(camera)?.value.states ?? []), 'unknown']
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const make = async (event: SubmitEvent) => {
    event.preventDefault()
    if (!task) return
    const { params, flaws: found } = paramsOf(task, { ...draft, pictures: {} })
    const cron = when === 'states' ? null : cronOf(when, time, own)
    const cronFlaw = cron === null ? null : cronFault(cron)
    setFlaws(found)
    setWrong(cronFlaw === null ? {} : { cron: cronFlaw })
    if (cronFlaw !== null || Object.keys(found.fields).length > 0) return
    setBusy(true)
    const written = readingsOf(readings)
    const order: TaskOrder = { task: task.name, params, ...(written === undefined ? {} : { readings: written }) }
    try {
      if (cron === null) await send('POST', '/api/task-triggers', { camera, states, ...order })
      else await send('POST', '/api/schedules', { kind: 'task', camera, cron, timezone: timeZone, params: order })
      await onMade()
    } catch (error) {
      const field =
        error instanceof ApiError ? (error.field?.split(/[./]/).find((part) => OWN_FIELDS.has(part)) ?? null) : null
      if (field !== null) setWrong({ [field]: (error as Error).message })
      else setFlaws(flawsOf(task, error))
      setBusy(false)
    }
  }
  return (
    <Dialog title={given ? `Run ${titleOf(given)} by itself` : 'Run a task by itself'} onClose={onClose}>
      <form class="form laboratory tasks automatic-form" onSubmit={(event) => void make(event)}>
        <div class="beside">
          {given === null && (
            <Field label="Task" hint={task?.description?.split('\n')[0] ?? ''} error={wrong.task ?? null}>
              {(ids) => (
                <select
                  {...ids}
                  value={name}
                  onChange={({ currentTarget }) => {
                    setName(currentTarget.value)
                    setDraft(NOTHING)
                    setFlaws(NO_FLAWS)
                  }}
                >
                  {tasks.map((one) => (
                    <option key={one.name} value={one.name}>
                      {titleOf(one)}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
          <Field label="Camera" hint="Its newest frame is the picture." error={wrong.camera ?? null}>
            {(ids) => (
              <select
                {...ids}
                required
                value={camera}
                onChange={({ currentTarget }) => {
                  setCamera(currentTarget.value)
                  setStates([])
                }}
              >
                {cameras.length === 0 && <option value="">there is none yet</option>}
                {cameras.map((one) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            )}
          </Field>
          <Field
            label="When"
            hint={when === 'states' ? 'The frame of the change is the picture.' : `By the clock of ${timeZone}.`}
          >
            {(ids) => (
              <select {...ids} value={when} onChange={({ currentTarget }) => setWhen(currentTarget.value as When)}>
                {WAYS.map(([way, words]) => (
                  <option key={way} value={way}>
                    {words}
                  </option>
                ))}
              </select>
            )}
          </Field>
          {when === 'nightly' && (
            <Field label="Time" error={wrong.cron ?? null}>
              {(ids) => (
                <input
                  {...ids}
                  type="time"
                  required
                  value={time}
                  onInput={({ currentTarget }) => setTime(currentTarget.value)}
                />
              )}
            </Field>
          )}
          {when === 'own' && (
            <Field
              label="Cron line"
              hint="Minute, hour, day of the month, month, day of the week."
              error={wrong.cron ?? null}
            >
              {(ids) => (
                <input
                  {...ids}
                  spellcheck={false}
                  value={own}
                  onInput={({ currentTarget }) => setOwn(currentTarget.value)}
                />
              )}
            </Field>
          )}
        </div>
        {when === 'states' && (
          <fieldset class="states-choice">
            <legend>When it goes to</legend>
            <div>
              {known.map((state) => (
                <label key={state}>
                  <input
                    type="checkbox"
                    checked={states.includes(state)}
                    onChange={({ currentTarget: { checked } }) =>
                      setStates(checked ? [...states, state] : states.filter((one) => one !== state))
                    }
                  />
                  {state}
                </label>
              ))}
            </div>
            <p class={wrong.states ? 'hint wrong' : 'hint'}>
              {wrong.states ?? (states.length === 0 ? 'None chosen: any of them.' : '')}
            </p>
          </fieldset>
        )}
        {task && (
          <ParamsFields
            task={task}
            draft={draft}
            flaws={flaws}
            hasPictures={false}
            onChange={(changed) => {
              setDraft(changed)
              setFlaws(NO_FLAWS)
            }}
          />
        )}
        <ReadingsField draft={readings} error={wrong.readings ?? null} onChange={setReadings} />
        {flaws.rest !== null && (
          <p class="hint wrong as-written" role="alert">
            {flaws.rest}
          </p>
        )}
        <DialogActions action="Add" busy={busy} disabled={!task || camera === ''} onCancel={onClose} />
      </form>
    </Dialog>
  )
}

/** What the server may find wrong besides what the task declares. */
const OWN_FIELDS = new Set(['task', 'camera', 'cron', 'states', 'readings'])
