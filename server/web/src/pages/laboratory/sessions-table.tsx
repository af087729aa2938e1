import type { DataSessionBody } from '../../api/laboratory-bodies.ts'
import { useConsole } from '../../console.ts'
import { Age, Button } from '../../design/elements.tsx'
import { amount } from '../../design/words.ts'
import { sessionPath } from '../../router/route.ts'

interface SessionsTableProps {
  sessions: DataSessionBody[]
  onRename(session: DataSessionBody): void
  onDelete(session: DataSessionBody): void
}

/** Data sessions, each with what is in it and when it was changed. */
export function SessionsTable({ sessions, onRename, onDelete }: SessionsTableProps) {
  const who = useConsole().session.who.value
  // An admin sees everybody's; pictures are added by the owner alone.
  const hasOwners = sessions.some(({ user }) => user !== who?.name)
  return (
    <table class="sessions-table">
      <thead>
        <tr>
          <th scope="col">Name</th>
          {hasOwners && <th scope="col">Of</th>}
          <th scope="col">Pictures</th>
          <th scope="col">Operations</th>
          <th scope="col">Changed</th>
          <th>
            <span class="hidden-text">What to do</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr key={session.id}>
            <th scope="row">
              <a href={sessionPath(session.id)}>{session.name}</a>
            </th>
            {hasOwners && <td data-label="Of">{session.user}</td>}
            <td data-label="Pictures">{amount(session.input_data.length)}</td>
            <td data-label="Operations">
              {amount(session.operations.length)}
              <Running session={session} />
            </td>
            <td data-label="Changed">
              <Age at={Date.parse(session.modified)} />
            </td>
            <td>
              <div class="buttons">
                <Button kind="quiet" aria-label={`Rename ${session.name}`} onClick={() => onRename(session)}>
                  Rename
                </Button>
                <Button kind="quiet" aria-label={`Delete ${session.name}`} onClick={() => onDelete(session)}>
                  Delete
                </Button>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Running({ session }: { session: DataSessionBody }) {
  const running = session.operations.filter(({ status }) => status === 'PENDING' || status === 'IN_PROGRESS').length
  return running === 0 ? null : <small> {amount(running)} not done yet</small>
}
