import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { SensorBody, SensorSettings, SensorSource, VectorPart } from '../../../api/sensor-bodies.ts'
import { useAction } from '../../../api/use-action.ts'
import { useConsole } from '../../../console.ts'
import { Button, Field } from '../../../design/elements.tsx'
import { ChangedElsewhere } from '../../camera/changed-elsewhere.tsx'
import { useDraft } from '../../camera/draft.ts'
import { NumberField } from '../../camera/number-field.tsx'
import { flawOf, StatesList } from '../../camera/states-list.tsx'
import { PaceFields } from './pace-fields.tsx'
import { CSI, isChannel, partsFault, plain } from './parts.ts'
import { PartsField } from './parts-field.tsx'

interface SetupFormProps {
  /** `device/sensor` */
  id: string
  /** Null where it has no states yet. */
  source: SensorSource | null
  /** How many numbers a reading has; 0 where none has come yet. */
  length: number
  onChanged(sensor: SensorBody): void
}

const NAMES = {
  states: 'states',
  threshold: 'sure enough from',
  debounce: 'readings that must agree',
  staleAfter: 'unknown after silence',
  window: 'readings in one look',
  parts: 'parts',
}
/** As the server sets them of one that is new. */
const DEFAULTS: SensorSettings = { states: [], threshold: 0.8, debounce: 3, staleAfterMs: 60_000, vector: null }
const MOST_WINDOW = 64
/** What is proposed for parts with phases: measured on real packets, it told a door's angles better than one alone. */
const WINDOW_OF_PHASES = 8
/** As the older clients know a door. */
const ANGLES = ['0', '15', '30', '45', '60', '75', '90']

/** What an operator sets of a sensor; saved for the first time, it has states from then on. */
export function SetupForm({ id, source, length, onChanged }: SetupFormProps) {
  const { live } = useConsole()
  const { states: kept, threshold: least, vector } = source ?? DEFAULTS
  const draft = useDraft({
    states: kept,
    threshold: Math.round(least * 100),
    debounce: (source ?? DEFAULTS).debounce,
    staleAfter: (source ?? DEFAULTS).staleAfterMs / 1000,
    window: vector?.window ?? (isChannel(length) ? WINDOW_OF_PHASES : 1),
    parts: vector?.parts ?? (isChannel(length) ? CSI : plain(Math.max(1, length))),
  })
  const { states, threshold, debounce, staleAfter, window, parts } = draft.fields
  const added = useSignal('')
  const sent = useRef<string[] | null>(null)
  const { busy, fault, run } = useAction()
  const wrong = (field: string) => (fault.value?.field?.split('.')[0] === field ? fault.value.message : null)
  const isSetUp = source !== null

  const save = async (event: Event) => {
    event.preventDefault()
    if (added.value !== '' && flawOf(added.value, states.value) === null) {
      states.value = [...states.value, added.value]
      added.value = ''
    }
    sent.current = states.value
    const settings: Partial<SensorSettings> = {
      states: states.value,
      threshold: threshold.value / 100,
      debounce: debounce.value,
      staleAfterMs: Math.round(staleAfter.value * 1000),
      ...(length > 0 ? { vector: { parts: parts.value, window: window.value } } : {}),
    }
    await run(async () => {
      onChanged(await send<SensorBody>('PATCH', `/api/sensors/${id}`, settings))
      void live.reload()
      return isSetUp ? 'The settings are kept.' : 'From now on its readings are kept, and can be labelled.'
    })
  }
  return (
    <section class="settings card" aria-labelledby="settings">
      <header>
        <h2 id="settings">{isSetUp ? 'Settings' : 'Set it up'}</h2>
      </header>
      <form onSubmit={save}>
        <StatesList
          states={states}
          kept={kept}
          added={added}
          error={states.value === sent.current ? wrong('states') : null}
        />
        {states.value.length === 0 && (
          <div>
            <Button onClick={() => (states.value = ANGLES)}>A door’s angle: 0, 15 … 90</Button>
          </div>
        )}
        {length > 0 && <PartsField parts={parts} length={length} error={wrong('vector')} />}
        <Field
          label={`Sure enough from: ${threshold.value} %`}
          hint="Where the model is less sure, the reading is unknown."
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
          <PaceFields debounce={debounce} staleAfter={staleAfter} wrong={wrong} />
          {length > 0 && (
            <div id="look">
              <NumberField
                label="Readings in one look"
                hint={lookInWords(parts.value)}
                error={null}
                value={window}
                max={MOST_WINDOW}
              />
            </div>
          )}
        </div>
        <ChangedElsewhere draft={draft} names={NAMES} />
        <Button
          kind="main"
          type="submit"
          busy={busy.value}
          disabled={draft.clashes.value.length > 0 || (length > 0 && partsFault(parts.value, length) !== null)}
        >
          {isSetUp ? 'Save' : 'Set it up'}
        </Button>
      </form>
    </section>
  )
}

/** What the field is for, and where there is one, which number is proposed and why. */
function lookInWords(parts: VectorPart[]): string {
  const hasPhases = parts.some(({ kind }) => kind === 'phase') && parts.some(({ kind }) => kind === 'value')
  const what = '1 is the newest alone. Models made from now on go by it.'
  if (!hasPhases) return what
  return `${what} For a Wi-Fi channel ${WINDOW_OF_PHASES} is proposed: one packet is noisy, and several show how the channel moves.`
}
