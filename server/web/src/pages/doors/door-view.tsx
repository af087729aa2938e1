import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { ApiError, get, send } from '../../api/client.ts'
import type { WholeDoorBody } from '../../api/door-bodies.ts'
import { useConsole } from '../../console.ts'
import { ConfirmDialog } from '../../design/confirm-dialog.tsx'
import { Age, Button, Empty, Failed, Loading } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { DOORS_PATH } from '../../router/route.ts'
import { Disagreements } from './disagreements.tsx'
import { DoorDialog } from './door-dialog.tsx'
import { Joined } from './joined.tsx'
import { Looks } from './looks.ts'
import { Past } from './past.tsx'
import { useDoors } from './use-door.ts'
import { unknownInWords } from './words.ts'

/** One door: what it is, how that came about, and where its members disagree. */
export function DoorView({ name }: { name: string }) {
  const { session, router, live, notices } = useConsole()
  const open = useSignal<'edit' | 'delete' | null>(null)
  const close = () => {
    open.value = null
  }
  const looks = useMemo(() => new Looks(), [name])
  useEffect(() => () => looks.close(), [looks])
  const { body, fault, load } = useDoors(
    () => get<WholeDoorBody>(`/api/doors/${name}`),
    (source) => source === `doors/${name}`,
  )
  if (fault.value instanceof ApiError && fault.value.status === 404)
    return (
      <Empty title={`There is no door ${name}`}>
        <p>
          <a href={DOORS_PATH}>To the doors</a>
        </p>
      </Empty>
    )
  if (fault.value !== null) return <Failed title="This door could not be loaded" error={fault.value} onRetry={load} />
  if (!body.value) return <Loading what="door" />
  const door = body.value
  const { state, states } = door
  const remove = async () => {
    await send('DELETE', `/api/doors/${name}`)
    router.go(DOORS_PATH)
    await live.reload()
    notices.done(`${name} was deleted; its cameras and sensors stay.`)
  }
  return (
    <article class="camera-page doors">
      <header class="page-head">
        <div>
          <a class="back" href={DOORS_PATH}>
            Doors
          </a>
          <h1>{name}</h1>
        </div>
        {session.canOperate.value && (
          <div class="buttons">
            <Button onClick={() => (open.value = 'edit')}>Set up</Button>
            <Button kind="danger" onClick={() => (open.value = 'delete')}>
              Delete
            </Button>
          </div>
        )}
      </header>
      <section class="card part door-state" aria-label="State">
        <StateBadge state={state.state} states={states} confidence={state.confidence} />
        <span>
          {state.state === 'unknown' && `${unknownInWords(door)} `}
          {state.since !== null && (
            <small>
              since <Age at={state.since} />
            </small>
          )}
        </span>
      </section>
      <Joined door={door} />
      {door.members.length > 1 && (
        <Disagreements
          {...{ door, looks }}
          onLabelled={async () => {
            await load()
            return body.peek() ?? door
          }}
        />
      )}
      <Past key={door.id} {...{ door, looks }} />
      {open.value === 'edit' && (
        <DoorDialog
          door={door}
          onClose={close}
          onKept={() => {
            close()
            void load()
          }}
        />
      )}
      {open.value === 'delete' && (
        <ConfirmDialog title={`Delete ${name}`} action="Delete" word={null} onClose={close} onConfirm={remove}>
          <p>Its results go with it. Its cameras and sensors stay as they are.</p>
        </ConfirmDialog>
      )}
    </article>
  )
}
