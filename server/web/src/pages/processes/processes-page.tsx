import { useEffect, useState } from 'preact/hooks'
import type { List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { Failed, Loading } from '../../design/elements.tsx'
import type { ProcessBody } from './process.ts'
import { ProcessCard } from './process-card.tsx'
import { RestartDialog } from './restart-dialog.tsx'
import './processes.css'

const POLL_MS = 5000

/** The processes that the system is made of: whether they run, and how they ended last. */
export function ProcessesPage() {
  const { live, notices, session } = useConsole()
  const [processes, setProcesses] = useState<ProcessBody[] | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const [restarting, setRestarting] = useState<string | null>(null)
  const load = () =>
    get<List<ProcessBody>>('/api/processes').then(({ items }) => {
      setProcesses(items)
      setFault(null)
    }, setFault)
  // At once where the server is back: it may be the one that was restarted.
  useEffect(() => {
    void load()
    const poll = setInterval(() => void load(), POLL_MS)
    return () => clearInterval(poll)
  }, [live.liveness.value])

  if (!processes && fault !== null)
    return <Failed title="The processes could not be loaded" error={fault} onRetry={load} />
  if (!processes) return <Loading what="processes" />
  return (
    <div class="processes">
      <h1>Processes</h1>
      <ul class="process-list">
        {processes.map((process) => (
          <ProcessCard
            key={process.name}
            process={process}
            canRestart={session.who.value?.role === 'admin'}
            onRestart={() => setRestarting(process.name)}
          />
        ))}
      </ul>
      {restarting !== null && (
        <RestartDialog
          name={restarting}
          onClose={() => setRestarting(null)}
          onOrdered={() => {
            notices.done(`${restarting} is restarted.`)
            setRestarting(null)
          }}
        />
      )}
    </div>
  )
}
