import { useState } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { AvailableOperation, OperationBody } from '../../../api/laboratory-bodies.ts'
import { Button, Failed, Field, Loading } from '../../../design/elements.tsx'
import { paragraphsOf } from '../../../design/paragraphs.ts'
import { type Faults, faultsOf, NO_FAULTS, without } from '../faults.ts'
import type { PoolPicture } from '../session/operations.ts'
import { type Chosen, inputDataOf, isFiles, textOf } from './draft.ts'
import { FilesField } from './files-field.tsx'
import { InputField } from './input-field.tsx'
import type { Form } from './use-form.ts'
import './form.css'

interface OperationFormProps {
  session: number
  form: Form
  pool: PoolPicture[]
  onBegun(operation: OperationBody): void
}

const CATEGORIES: Record<string, string> = {
  image: 'Pictures of pictures',
  analysis: 'Measurements',
  video: 'Films and sheets',
  task: 'Tasks',
}

/** The next operation: which, on what, and how; all of it as the operation declares. */
export function OperationForm({ session, form, pool, onBegun }: OperationFormProps) {
  const { available, operation, draft } = form
  const [faults, setFaults] = useState<Faults>(NO_FAULTS)
  const [busy, setBusy] = useState(false)
  const begin = async (event: SubmitEvent) => {
    event.preventDefault()
    if (!operation) return
    setBusy(true)
    setFaults(NO_FAULTS)
    try {
      const body = { name: operation.name, input_data: inputDataOf(draft.value, operation) }
      onBegun(await send<OperationBody>('POST', `/api/datasessions/${session}/operations/`, body))
    } catch (error) {
      setFaults(faultsOf(error, Object.keys(operation.inputs)))
    }
    setBusy(false)
  }
  return (
    <section class="card part" aria-labelledby="run">
      <h2 id="run" tabIndex={-1}>
        Run an operation
      </h2>
      {available === null && form.fault !== null && (
        <Failed title="The operations could not be loaded" error={form.fault} onRetry={form.load} />
      )}
      {available === null && form.fault === null && <Loading what="operations" />}
      {available !== null && (
        <form class="form operation-form" noValidate={false} onSubmit={(event) => void begin(event)}>
          <Field
            label="Operation"
            hint={operation ? paragraphsOf(operation.description).join('\n\n') : hintOf(draft.value.files)}
          >
            {(ids) => (
              <select
                {...ids}
                value={draft.value.operation}
                onChange={({ currentTarget }) => {
                  setFaults(NO_FAULTS)
                  form.choose(currentTarget.value)
                }}
              >
                <option value="">Choose one</option>
                {byCategory(Object.values(available)).map(([category, operations]) => (
                  <optgroup key={category} label={CATEGORIES[category] ?? category}>
                    {operations.map(({ name, title = name }) => (
                      <option key={name} value={name}>
                        {title}
                      </option>
                    ))}
                  </optgroup>
                ))}
              </select>
            )}
          </Field>
          {operation && (
            <>
              {Object.entries(operation.inputs).map(([name, input]) =>
                isFiles(input) ? (
                  <FilesField
                    key={`${operation.name} ${name}`}
                    input={input}
                    chosen={draft.value.files[name] ?? []}
                    pool={pool}
                    error={faults.fields[name] ?? null}
                    onChange={(chosen) => {
                      setFaults(without(faults, name))
                      draft.value = { ...draft.value, files: { ...draft.value.files, [name]: chosen } }
                    }}
                  />
                ) : null,
              )}
              <div class="beside">
                {Object.entries(operation.inputs).map(([name, input]) =>
                  isFiles(input) ? null : (
                    <InputField
                      key={`${operation.name} ${name}`}
                      input={input}
                      text={textOf(draft.value, name, input)}
                      error={faults.fields[name] ?? null}
                      onChange={(text) => {
                        setFaults(without(faults, name))
                        draft.value = { ...draft.value, texts: { ...draft.value.texts, [name]: text } }
                      }}
                    />
                  ),
                )}
              </div>
              {faults.rest !== null && (
                <p class="hint wrong" role="alert">
                  {faults.rest}
                </p>
              )}
              <Button type="submit" kind="main" busy={busy}>
                Run {operation.title ?? operation.name}
              </Button>
            </>
          )}
        </form>
      )}
    </section>
  )
}

function hintOf(files: Readonly<Record<string, readonly Chosen[]>>): string {
  const count = Math.max(0, ...Object.values(files).map(({ length }) => length))
  return count === 0 ? 'What is computed, and of what.' : 'Pictures are chosen for it already.'
}

function byCategory(operations: AvailableOperation[]): [string, AvailableOperation[]][] {
  const groups = new Map<string, AvailableOperation[]>()
  for (const operation of operations.toSorted((one, other) => one.name.localeCompare(other.name)))
    groups.set(operation.category, [...(groups.get(operation.category) ?? []), operation])
  const order = Object.keys(CATEGORIES)
  return [...groups].sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
}
