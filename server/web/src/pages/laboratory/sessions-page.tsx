import { useState } from 'preact/hooks'
import { queryText, send } from '../../api/client.ts'
import type { DataSessionBody, Page } from '../../api/laboratory-bodies.ts'
import { useConsole } from '../../console.ts'
import { ConfirmDialog } from '../../design/confirm-dialog.tsx'
import { Button, Empty, Failed, Loading } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { sessionPath } from '../../router/route.ts'
import { useAnswer } from '../../use-answer.ts'
import { NameDialog } from './name-dialog.tsx'
import { SessionsTable } from './sessions-table.tsx'
import { Usage } from './usage.tsx'

const A_PAGE = 50
/** Operations run, and others look at the same list. */
const POLL_MS = 15_000

type Open = { dialog: 'new' } | { dialog: 'rename' | 'delete'; session: DataSessionBody }

/** All data sessions, the one that was changed last first. */
export function SessionsPage() {
  const { router, notices } = useConsole()
  /** A part of the name; all where it is empty. */
  const [name, setName] = useState('')
  const [offset, setOffset] = useState(0)
  const path = `/api/datasessions/${queryText({ limit: A_PAGE, offset, name: name || undefined })}`
  const { body, fault, load } = useAnswer<Page<DataSessionBody>>(path, POLL_MS)
  const [open, setOpen] = useState<Open | null>(null)
  const close = () => setOpen(null)
  if (body.value === null)
    return fault.value === null ? (
      <Loading what="data sessions" />
    ) : (
      <Failed title="The data sessions could not be loaded" error={fault.value} onRetry={load} />
    )
  const { count, results } = body.value
  const isNone = count === 0 && name === '' && offset === 0
  const newButton = (
    <Button kind="main" onClick={() => setOpen({ dialog: 'new' })}>
      New data session
    </Button>
  )
  return (
    <div class="laboratory page">
      <header class="page-head">
        <h1>Laboratory</h1>
        {!isNone && newButton}
      </header>
      {isNone ? (
        <Empty title="No data session yet">
          <p>
            Gather pictures of a camera, then compute with them: the median of a hundred frames is the empty scene, the
            difference shows what changed, a line profile finds the edge of a door.
          </p>
          {newButton}
        </Empty>
      ) : (
        <section class="card part sessions" aria-labelledby="sessions">
          <header>
            <h2 id="sessions">Data sessions</h2>
            <Search
              onName={(wanted) => {
                setName(wanted)
                setOffset(0)
              }}
            />
          </header>
          {results.length === 0 ? (
            <p class="hint">None has such a name.</p>
          ) : (
            <SessionsTable
              sessions={results}
              onRename={(session) => setOpen({ dialog: 'rename', session })}
              onDelete={(session) => setOpen({ dialog: 'delete', session })}
            />
          )}
          {count > A_PAGE && (
            <footer class="buttons">
              <Button disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - A_PAGE))}>
                Newer
              </Button>
              <Button disabled={offset + A_PAGE >= count} onClick={() => setOffset(offset + A_PAGE)}>
                Older
              </Button>
              <p class="hint">{counted(count, 'data session')}</p>
            </footer>
          )}
        </section>
      )}
      <Usage />
      {open?.dialog === 'new' && (
        <NameDialog
          title="New data session"
          action="Make it"
          name=""
          onClose={close}
          onNamed={async (given) => {
            const made = await send<DataSessionBody>('POST', '/api/datasessions/', { name: given, input_data: [] })
            router.go(sessionPath(made.id))
          }}
        />
      )}
      {open?.dialog === 'rename' && (
        <NameDialog
          title={`Rename ${open.session.name}`}
          action="Rename"
          name={open.session.name}
          onClose={close}
          onNamed={async (given) => {
            await send('PATCH', `/api/datasessions/${open.session.id}/`, { name: given })
            await load()
            close()
          }}
        />
      )}
      {open?.dialog === 'delete' && (
        <DeleteDialog
          session={open.session}
          onClose={close}
          onDeleted={async () => {
            await load()
            close()
            notices.done(`${open.session.name} was deleted.`)
          }}
        />
      )}
    </div>
  )
}

function Search({ onName }: { onName(name: string): void }) {
  return (
    <form
      class="search"
      onSubmit={(event) => {
        event.preventDefault()
        onName(String(new FormData(event.currentTarget).get('name') ?? '').trim())
      }}
    >
      <input type="search" name="name" aria-label="Part of the name" placeholder="Part of the name" />
      <Button type="submit">Search</Button>
    </form>
  )
}

interface DeleteDialogProps {
  session: DataSessionBody
  onClose(): void
  onDeleted(): Promise<void> | void
}

/** Asks before a data session goes. */
export function DeleteDialog({ session, onClose, onDeleted }: DeleteDialogProps) {
  return (
    <ConfirmDialog
      title={`Delete ${session.name}`}
      action="Delete"
      word={null}
      onClose={onClose}
      onConfirm={async () => {
        await send('DELETE', `/api/datasessions/${session.id}/`)
        await onDeleted()
      }}
    >
      <p>
        {session.operations.length === 0
          ? 'Its list of pictures goes; the pictures themselves stay.'
          : `Its list of pictures and ${counted(session.operations.length, 'operation')} go, with all that came of them. Operations that run are cancelled. The pictures themselves stay.`}
      </p>
    </ConfirmDialog>
  )
}
