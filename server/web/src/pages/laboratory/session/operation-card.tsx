import { useState } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { OperationBody, OutputFile } from '../../../api/laboratory-bodies.ts'
import { useAction } from '../../../api/use-action.ts'
import { ConfirmDialog } from '../../../design/confirm-dialog.tsx'
import { Age, Button } from '../../../design/elements.tsx'
import { Outputs } from '../results/outputs.tsx'
import { Thumb } from '../thumb.tsx'
import { inputsInWords } from './inputs-in-words.ts'
import { isDone, outputsOf, pathOf } from './operations.ts'
import { standing } from './status.ts'

interface OperationCardProps {
  session: number
  operation: OperationBody
  /** What people call it. */
  title: string
  isOwn: boolean
  /** Folded it is a row: its name, how it stands, and a look at what came of it. */
  isOpen: boolean
  onFold(): void
  onChanged(operation: OperationBody): void
  onGone(id: number): void
  onUse(file: OutputFile): void
}

/** One operation: what it was told, how it gets on, and what came of it. */
export function OperationCard(props: OperationCardProps) {
  const { session, operation, title, isOwn, isOpen, onFold, onChanged, onGone, onUse } = props
  const [isAsking, setAsking] = useState(false)
  const action = useAction()
  const path = `/api/datasessions/${session}/operations/${operation.id}/`
  const { name, status, message } = operation
  const percent = Math.floor(operation.operation_progress * 100)
  const remove = async () => {
    await send('DELETE', path)
    onGone(operation.id)
  }
  const cancel = () =>
    action.run(async () => {
      onChanged(await send<OperationBody>('POST', `${path}cancel/`))
      return undefined
    })
  // One that failed because of its inputs is answered from memory until it is deleted.
  const again = () =>
    action.run(async () => {
      const { input_data } = operation
      await remove()
      onChanged(await send<OperationBody>('POST', `/api/datasessions/${session}/operations/`, { name, input_data }))
      return undefined
    })
  return (
    <li class={isOpen ? 'operation open' : 'operation'} aria-label={`${title} ${operation.id}`}>
      <header>
        {!isOpen && <FirstLook operation={operation} />}
        <h3>
          <button type="button" class="fold" aria-expanded={isOpen} onClick={onFold}>
            {title}
          </button>
        </h3>
        <span class={`tag ${standing(operation).tone}`} role="status">
          {standing(operation).name}
        </span>
        <small>
          <Age at={Date.parse(operation.created)} />
        </small>
        <span class="buttons">
          {!isDone(operation) && isOwn && (
            <Button kind="quiet" busy={action.busy.value} onClick={() => void cancel()}>
              Cancel
            </Button>
          )}
          {isOpen && status === 'FAILED' && isOwn && (
            <Button kind="quiet" busy={action.busy.value} onClick={() => void again()}>
              Try again
            </Button>
          )}
          {isOpen && isDone(operation) && (
            <Button kind="quiet" aria-label={`Delete ${title} ${operation.id}`} onClick={() => setAsking(true)}>
              Delete
            </Button>
          )}
        </span>
      </header>
      <p class={isOpen ? 'hint' : 'hint in-a-line'}>{inputsInWords(operation.input_data)}</p>
      {!isDone(operation) && (
        <div class="how-far">
          <progress
            class="progress"
            value={operation.operation_progress}
            max={1}
            aria-label={`Progress of ${title} ${operation.id}`}
          />
          <small>{percent} %</small>
        </div>
      )}
      {isOpen && message !== '' && message !== standing(operation).name && (
        <p class={status === 'FAILED' ? 'reason' : 'hint'}>{message}</p>
      )}
      {isOpen && status === 'COMPLETED' && (
        <Outputs session={session} operation={operation} onUse={isOwn ? onUse : null} />
      )}
      {isAsking && (
        <ConfirmDialog
          title={`Delete ${title}`}
          action="Delete"
          word={null}
          onClose={() => setAsking(false)}
          onConfirm={remove}
        >
          <p>
            What came of it goes with it, unless another operation shows the same. Operations that took it as an input
            keep their own results.
          </p>
        </ConfirmDialog>
      )}
    </li>
  )
}

/** What came of it, small, to find it again; an empty place where it is no picture. */
function FirstLook({ operation }: { operation: OperationBody }) {
  const file = outputsOf(operation).find(({ small_url }) => small_url)
  if (file) return <Thumb entry={file} small={pathOf(file.small_url)} />
  return <span class="thumb none" aria-hidden="true" />
}
