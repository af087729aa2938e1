import { useState } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { OperationBody, OutputFile } from '../../../api/laboratory-bodies.ts'
import { Button } from '../../../design/elements.tsx'
import { amount } from '../../../design/words.ts'
import { OperationCard } from './operation-card.tsx'
import { OperationsFilter } from './operations-filter.tsx'
import { type Filter, passes } from './status.ts'

interface OperationsSectionProps {
  session: number
  operations: OperationBody[]
  /** What people call an operation. */
  titleNamed(name: string): string
  isOwn: boolean
  onChanged(operation: OperationBody): void
  onGone(id: number): void
  /** Makes an output the input of the next operation. */
  onUse(file: OutputFile): void
}

const AT_ONCE = 15
/** Fewer are seen at a glance. */
const LEAST_TO_FILTER = 4

/** What was computed, what is, and what came of it; the newest first. */
export function OperationsSection(props: OperationsSectionProps) {
  const { session, operations, titleNamed, isOwn, onChanged, onGone, onUse } = props
  const [shown, setShown] = useState(AT_ONCE)
  const [filter, setFilter] = useState<Filter>('')
  // What was folded or opened by hand stays so; of the others the newest is open.
  const [folds, setFolds] = useState<ReadonlyMap<number, boolean>>(new Map())
  const listed = operations.filter((one) => passes(filter, one))
  const isOpen = (id: number) => folds.get(id) ?? id === listed[0]?.id
  const failed = operations.filter(({ status }) => status === 'FAILED')
  return (
    <section class="card part" aria-labelledby="operations">
      <header>
        <h2 id="operations">
          Operations <small>{amount(operations.length)}</small>
        </h2>
        <span class="buttons">
          {failed.length > 1 && (
            <Button
              kind="quiet"
              onClick={() => {
                const ids = failed.map(({ id }) => id)
                void send('POST', `/api/datasessions/${session}/operations/bulk_delete/`, { ids }).then(() =>
                  ids.map(onGone),
                )
              }}
            >
              Delete all that failed
            </Button>
          )}
          {operations.length >= LEAST_TO_FILTER && (
            <OperationsFilter operations={operations} filter={filter} onChange={setFilter} />
          )}
        </span>
      </header>
      {operations.length === 0 && <p class="hint">Nothing was computed yet.</p>}
      <ol class="operations" aria-label="Operations">
        {listed.slice(0, shown).map((operation) => (
          <OperationCard
            key={operation.id}
            {...{ session, operation, isOwn, onChanged, onGone, onUse }}
            title={titleNamed(operation.name)}
            isOpen={isOpen(operation.id)}
            onFold={() => setFolds(new Map(folds).set(operation.id, !isOpen(operation.id)))}
          />
        ))}
      </ol>
      {operations.length > 0 && listed.length === 0 && <p class="hint">None of them is like this now.</p>}
      {listed.length > shown && (
        <Button kind="quiet" onClick={() => setShown(shown + AT_ONCE)}>
          Show {amount(Math.min(AT_ONCE, listed.length - shown))} more of {amount(listed.length)}
        </Button>
      )}
    </section>
  )
}
