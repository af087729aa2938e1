import { useEffect } from 'preact/hooks'
import type { FrameQuery } from '../../../api/laboratory-bodies.ts'
import { useConsole } from '../../../console.ts'
import { Field } from '../../../design/elements.tsx'
import { EVERY, localTime, timeIn } from '../spans.ts'

interface SpanFieldsProps {
  /** Null where no camera is chosen. */
  query: FrameQuery | null
  onChange(query: FrameQuery | null): void
}

/** Which frames: of a camera, of a span, of a state, how thinly. */
export function SpanFields({ query, onChange }: SpanFieldsProps) {
  const { live } = useConsole()
  const cameras = live.ids.value ?? []
  const [first] = cameras
  useEffect(() => {
    if (query === null && first !== undefined) onChange({ camera: first })
  }, [first])
  if (live.ids.value !== null && cameras.length === 0) return <p class="hint">There is no camera yet.</p>
  const change = (some: Loose) => query && onChange(cleaned({ ...query, ...some }))
  const states = (query && live.camera(query.camera)?.value.states) ?? []
  return (
    <div class="beside">
      <Field label="Camera">
        {(ids) => (
          <select
            {...ids}
            value={query?.camera ?? ''}
            onChange={({ currentTarget }) => change({ camera: currentTarget.value, state: undefined })}
          >
            {cameras.map((camera) => (
              <option key={camera} value={camera}>
                {camera}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="From">
        {(ids) => (
          <input
            {...ids}
            type="datetime-local"
            step="1"
            value={localTime(query?.from)}
            onChange={({ currentTarget }) => change({ from: timeIn(currentTarget) })}
          />
        )}
      </Field>
      <Field label="To">
        {(ids) => (
          <input
            {...ids}
            type="datetime-local"
            step="1"
            value={localTime(query?.to)}
            onChange={({ currentTarget }) => change({ to: timeIn(currentTarget) })}
          />
        )}
      </Field>
      <Field label="State">
        {(ids) => (
          <select
            {...ids}
            value={query?.state ?? ''}
            onChange={({ currentTarget }) => change({ state: currentTarget.value || undefined })}
          >
            <option value="">every state</option>
            {[...states, 'unknown'].map((state) => (
              <option key={state} value={state}>
                {state}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label="Take">
        {(ids) => (
          <select
            {...ids}
            value={query?.every ?? 0}
            onChange={({ currentTarget }) => change({ every: Number(currentTarget.value) || undefined })}
          >
            {EVERY.map(([ms, name]) => (
              <option key={ms} value={ms}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
    </div>
  )
}

type Loose = { [Key in keyof FrameQuery]?: FrameQuery[Key] | undefined }

/** What is not set is not sent. */
function cleaned(query: Loose): FrameQuery {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as unknown as FrameQuery
}
