import { Button, Field } from '../../../design/elements.tsx'

/** Which readings an automatic run writes: of every number, of some parts of the result, or none. */
export interface ReadingsDraft {
  way: 'all' | 'some' | 'none'
  rows: readonly { sensor: string; pointer: string }[]
}

export const ALL_READINGS: ReadingsDraft = { way: 'all', rows: [{ sensor: '', pointer: '' }] }

const SENSOR = '[a-z0-9][a-z0-9\\-]{0,31}'
const MOST = 20

/** `readings` of the order; undefined: every number. */
export function readingsOf({ way, rows }: ReadingsDraft): Record<string, string> | undefined {
  if (way === 'all') return undefined
  if (way === 'none') return {}
  return Object.fromEntries(rows.map(({ sensor, pointer }) => [sensor, pointer]))
}

interface ReadingsFieldProps {
  draft: ReadingsDraft
  error: string | null
  onChange(draft: ReadingsDraft): void
}

/** Sensors, and where in the result the value of each stands. */
export function ReadingsField({ draft, error, onChange }: ReadingsFieldProps) {
  const { way, rows } = draft
  const change = (place: number, some: Partial<(typeof rows)[number]>) => {
    const row = rows[place]
    if (row) onChange({ ...draft, rows: rows.toSpliced(place, 1, { ...row, ...some }) })
  }
  return (
    <>
      <Field
        label="Readings"
        hint="They stand at the camera's device, in InfluxDB and on dashboards, and alerts may watch them."
        error={error}
      >
        {(ids) => (
          <select
            {...ids}
            value={way}
            onChange={({ currentTarget }) => onChange({ ...draft, way: currentTarget.value as ReadingsDraft['way'] })}
          >
            <option value="all">every number of the result</option>
            <option value="some">parts of the result, by name</option>
            <option value="none">none</option>
          </select>
        )}
      </Field>
      {way === 'some' && (
        <div class="reading-rows">
          {rows.map(({ sensor, pointer }, place) => (
            <div key={place}>
              <input
                aria-label={`Sensor ${place + 1}`}
                placeholder="sensor, as gate-noise"
                pattern={SENSOR}
                title="small letters, digits and -"
                required
                autocapitalize="none"
                spellcheck={false}
                value={sensor}
                onInput={({ currentTarget }) => change(place, { sensor: currentTarget.value })}
              />
              <input
                aria-label={`Where sensor ${place + 1} stands in the result`}
                placeholder="where, as /noise"
                title="a JSON pointer such as /noise or /regions/0/mean"
                pattern="(/.*)?"
                autocapitalize="none"
                spellcheck={false}
                value={pointer}
                onInput={({ currentTarget }) => change(place, { pointer: currentTarget.value })}
              />
              <Button
                kind="quiet"
                aria-label={`Without sensor ${place + 1}`}
                disabled={rows.length === 1}
                onClick={() => onChange({ ...draft, rows: rows.toSpliced(place, 1) })}
              >
                ✕
              </Button>
            </div>
          ))}
          <Button
            kind="quiet"
            disabled={rows.length >= MOST}
            onClick={() => onChange({ ...draft, rows: [...rows, { sensor: '', pointer: '' }] })}
          >
            One more
          </Button>
        </div>
      )}
    </>
  )
}
