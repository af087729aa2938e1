import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { CameraBody } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { Field } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { useSensors } from '../../sensors/use-sensors.ts'
import { downloadPath, EVERY, FORMATS, type What } from './download.ts'
import type { History } from './history.ts'

interface DownloadsProps {
  camera: Pick<CameraBody, 'id' | 'device' | 'states'>
  history: History
}

/** All of the span that is looked at, as files. */
export function Downloads({ camera, history }: DownloadsProps) {
  const isOpen = useSignal(false)
  return (
    <details class="downloads" onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>Download this span</summary>
      {isOpen.value && <Choice camera={camera} history={history} />}
    </details>
  )
}

function Choice({ camera, history }: DownloadsProps) {
  const { session } = useConsole()
  const sensors = useSensors(camera.device).sensors.value
  return (
    <div class="fold">
      <dl class="facts">
        <Files camera={camera} history={history} what="results" />
        <Files camera={camera} history={history} what="transitions" />
        {sensors.length > 0 && <Files camera={camera} history={history} what="readings" />}
      </dl>
      {session.canOperate.value && <Frames camera={camera} history={history} />}
      <p class="hint">A few files are made at a time: where one fails at once, try again when another has ended.</p>
    </div>
  )
}

const NAMES: Record<What, string> = {
  results: 'Results',
  transitions: 'Transitions',
  readings: 'Readings of the device',
}

function Files({ camera, history, what }: DownloadsProps & { what: What }) {
  return (
    <>
      <dt>{NAMES[what]}</dt>
      <dd>
        {FORMATS.map(({ format, name }) => (
          <a
            key={format}
            href={downloadPath(camera, history.span.value, what, { format })}
            download
            aria-label={`${NAMES[what]} as ${name}`}
          >
            {name}
          </a>
        ))}
      </dd>
    </>
  )
}

/** The stored pictures, all of them or a choice, with their results. */
function Frames({ camera, history }: DownloadsProps) {
  const state = useSignal('')
  const every = useSignal(0)
  const count = useFrameCount(camera.id, history)
  const choice = { state: state.value || undefined, every: every.value || undefined }
  return (
    <fieldset class="frames-zip" aria-label="Frames as a zip">
      <Field label="State">
        {(ids) => (
          <select {...ids} value={state.value} onChange={(event) => (state.value = event.currentTarget.value)}>
            <option value="">Every state</option>
            {[...camera.states, 'unknown'].map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Frames">
        {(ids) => (
          <select {...ids} value={every.value} onChange={(event) => (every.value = Number(event.currentTarget.value))}>
            {EVERY.map(({ name, ms }) => (
              <option key={ms} value={ms}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <a class="button" href={downloadPath(camera, history.span.value, 'frames', choice)} download>
        Frames as a zip
      </a>
      <p class="hint">
        {count === null
          ? 'Pictures that are still stored, and their results.'
          : `${counted(count, 'frame')} in this span; pictures that are still stored come with their results.`}
      </p>
    </fieldset>
  )
}

/** How many frames lie in the span, or null while nobody knows. */
function useFrameCount(camera: string, history: History): number | null {
  const count = useSignal<number | null>(null)
  const version = history.version.value
  useEffect(() => {
    const ending = new AbortController()
    const { from, to } = history.span.peek()
    get<{ frames: number }>(`/api/cameras/${camera}/frames`, { from, to }, ending.signal).then(
      ({ frames }) => {
        count.value = frames
      },
      () => {
        if (!ending.signal.aborted) count.value = null // it is only told beforehand
      },
    )
    return () => ending.abort()
  }, [camera, version])
  return count.value
}
