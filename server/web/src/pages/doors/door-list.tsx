import { useSignal } from '@preact/signals'
import type { List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import type { WholeDoorBody } from '../../api/door-bodies.ts'
import { useConsole } from '../../console.ts'
import { Button, Empty, Failed, Loading } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { counted } from '../../design/words.ts'
import { doorPath } from '../../router/route.ts'
import { DoorDialog } from './door-dialog.tsx'
import { useDoors } from './use-door.ts'
import { unknownInWords } from './words.ts'

/** All doors with what they are now. */
export function DoorList() {
  const { session, router } = useConsole()
  const isAdding = useSignal(false)
  const { body, fault, load } = useDoors(
    () => get<List<WholeDoorBody>>('/api/doors'),
    (source) => source.startsWith('doors/'),
  )
  if (fault.value !== null) return <Failed title="The doors could not be loaded" error={fault.value} onRetry={load} />
  if (!body.value) return <Loading what="doors" />
  const { items } = body.value
  const add = session.canOperate.value && (
    <Button kind="main" onClick={() => (isAdding.value = true)}>
      Add a door
    </Button>
  )
  return (
    <article class="page doors">
      <header class="page-head">
        <h1>Doors</h1>
        {items.length > 0 && add}
      </header>
      {items.length === 0 && (
        <Empty title="No door yet">
          <p>
            A door joins what cameras and sensors say of the same thing. Each is weighed by how often it was right on
            frames it had not learned from, so that one that guesses takes nothing from one that knows.
          </p>
          {add}
        </Empty>
      )}
      <ul class="door-list" aria-label="Doors">
        {items.map((door) => (
          <li key={door.id} class="card part">
            <a href={doorPath(door.name)}>{door.name}</a>
            <StateBadge state={door.state.state} states={door.states} confidence={door.state.confidence} />
            <small>
              {door.state.state === 'unknown'
                ? unknownInWords(door)
                : counted(door.members.length, 'camera or sensor', 'cameras and sensors')}
            </small>
          </li>
        ))}
      </ul>
      {isAdding.value && (
        <DoorDialog
          door={null}
          onClose={() => (isAdding.value = false)}
          onKept={({ name }) => router.go(doorPath(name))}
        />
      )}
    </article>
  )
}
