import type { Signal } from '@preact/signals'
import type { VectorPart } from '../../../api/sensor-bodies.ts'
import { Button, Field } from '../../../design/elements.tsx'
import { CSI, type Layout, layoutOf, layoutsOf, partsFault, plain } from './parts.ts'

interface PartsFieldProps {
  parts: Signal<VectorPart[]>
  /** Of a reading. */
  length: number
  error: string | null
}

/** What stands where in a reading. */
export function PartsField({ parts, length, error }: PartsFieldProps) {
  const list = parts.value
  const layout = layoutOf(list)
  const choose = (name: Layout['name']) => {
    if (name === 'csi') parts.value = CSI
    else if (name === 'plain') parts.value = plain(length)
    else parts.value = halves(length)
  }
  return (
    <fieldset class="parts">
      <legend>What a reading is made of</legend>
      <Field label={`${length} numbers`} error={error ?? partsFault(list, length)}>
        {(ids) => (
          <select {...ids} value={layout} onChange={(event) => choose(event.currentTarget.value as Layout['name'])}>
            {layoutsOf(length).map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Field>
      {layout === 'own' && <Rows parts={parts} />}
    </fieldset>
  )
}

function Rows({ parts }: Pick<PartsFieldProps, 'parts'>) {
  const list = parts.value
  const change = (index: number, change: Partial<VectorPart>) => {
    const part = list[index]
    if (part) parts.value = list.with(index, { ...part, ...change })
  }
  return (
    <>
      <ol>
        {list.map(({ name, length, kind }, index) => (
          <li key={index}>
            <input
              aria-label={`Name of part ${index + 1}`}
              value={name}
              maxLength={32}
              onInput={({ currentTarget }) => change(index, { name: currentTarget.value })}
            />
            <input
              aria-label={`Numbers of part ${index + 1}`}
              type="number"
              min={1}
              value={length}
              onInput={({ currentTarget }) => change(index, { length: currentTarget.valueAsNumber })}
            />
            <select
              aria-label={`Kind of part ${index + 1}`}
              value={kind}
              onChange={({ currentTarget }) => change(index, { kind: currentTarget.value as VectorPart['kind'] })}
            >
              <option value="value">plain</option>
              <option value="phase">phases</option>
            </select>
            <Button
              kind="quiet"
              aria-label={`Remove part ${index + 1}`}
              disabled={list.length < 2}
              onClick={() => {
                parts.value = list.toSpliced(index, 1)
              }}
            >
              ✕
            </Button>
          </li>
        ))}
      </ol>
      <div>
        <Button
          onClick={() => {
            parts.value = [...list, { name: `part-${list.length + 1}`, length: 1, kind: 'value' }]
          }}
        >
          Another part
        </Button>
      </div>
    </>
  )
}

function halves(length: number): VectorPart[] {
  const first = Math.ceil(length / 2)
  return [
    { name: 'first', length: first, kind: 'value' },
    { name: 'second', length: length - first, kind: 'value' },
  ]
}
