import { useState } from 'preact/hooks'
import { ApiError, send } from '../../../api/client.ts'
import type { NamedEntry, OutputFile } from '../../../api/laboratory-bodies.ts'
import { useConsole } from '../../../console.ts'
import { Button, Empty, Failed, Loading } from '../../../design/elements.tsx'
import { page } from '../../../page.tsx'
import { LABORATORY_PATH } from '../../../router/route.ts'
import { OperationForm } from '../form/operation-form.tsx'
import { useForm } from '../form/use-form.ts'
import { NameDialog } from '../name-dialog.tsx'
import { DeleteDialog } from '../sessions-page.tsx'
import { InputsSection } from './inputs-section.tsx'
import { entryOfOutput, poolOf } from './operations.ts'
import { OperationsSection } from './operations-section.tsx'
import { useSession } from './use-session.ts'
import './session.css'

const AddDialog = page(async () => (await import('../add/add-dialog.tsx')).AddDialog)

const GONE = 404

/** One data session: pictures, operations on them, and what came of those. */
export function SessionPage({ id }: { id: number }) {
  const { router, notices, session: whom } = useConsole()
  const { session, operations, fault, load, put, drop } = useSession(id)
  const form = useForm(id)
  const [open, setOpen] = useState<'add' | 'rename' | 'delete' | null>(null)
  const close = () => setOpen(null)
  const body = session.value
  if (body === null) {
    if (fault.value === null) return <Loading what="data session" />
    if (fault.value instanceof ApiError && fault.value.status === GONE)
      return (
        <Empty title="There is no such data session">
          <p>
            It was deleted, or it is somebody else's. <a href={LABORATORY_PATH}>To the laboratory</a>
          </p>
        </Empty>
      )
    return <Failed title="The data session could not be loaded" error={fault.value} onRetry={load} />
  }
  // An admin sees everybody's, and adds nothing to what is another's.
  const isOwn = body.user === whom.who.value?.name
  const add = async (entries: object[]) => {
    await send('PATCH', `/api/datasessions/${id}/`, { input_data: entries })
    await load()
    return (session.peek() ?? body).input_data.length - body.input_data.length
  }
  const titleNamed = (name: string) => form.available?.[name]?.title ?? name
  const useAsInput = (file: OutputFile) => {
    form.add([entryOfOutput(file)])
    notices.done(`${file.basename} is an input of the next operation now.`)
    document.getElementById('run')?.scrollIntoView({ block: 'start' })
    document.getElementById('run')?.focus()
  }
  return (
    <div class="laboratory page">
      <header class="page-head">
        <div>
          <a class="back" href={LABORATORY_PATH}>
            Laboratory
          </a>
          <h1>
            {body.name} {!isOwn && <small>of {body.user}</small>}
          </h1>
        </div>
        <div class="buttons">
          {isOwn && <Button onClick={() => setOpen('rename')}>Rename</Button>}
          <Button kind="danger" onClick={() => setOpen('delete')}>
            Delete
          </Button>
        </div>
      </header>
      <div class="columns session">
        <InputsSection session={body} isOwn={isOwn} onAdd={() => setOpen('add')} />
        <div class="page">
          {isOwn && (
            <OperationForm
              session={id}
              form={form}
              pool={poolOf(body.input_data, operations.value)}
              onBegun={(operation) => {
                put(operation)
                notices.done(`${titleNamed(operation.name)} was begun.`)
              }}
            />
          )}
          <OperationsSection
            session={id}
            operations={operations.value}
            titleNamed={titleNamed}
            isOwn={isOwn}
            onChanged={put}
            onGone={drop}
            onUse={useAsInput}
          />
        </div>
      </div>
      {open === 'add' && <AddDialog known={body.input_data as NamedEntry[]} onClose={close} onAdd={add} />}
      {open === 'rename' && (
        <NameDialog
          title={`Rename ${body.name}`}
          action="Rename"
          name={body.name}
          onClose={close}
          onNamed={async (name) => {
            await send('PATCH', `/api/datasessions/${id}/`, { name })
            await load()
            close()
          }}
        />
      )}
      {open === 'delete' && (
        <DeleteDialog
          session={{ ...body, operations: operations.value }}
          onClose={close}
          onDeleted={() => {
            notices.done(`${body.name} was deleted.`)
            router.go(LABORATORY_PATH, { instead: true })
          }}
        />
      )}
    </div>
  )
}
