import { useEffect, useRef, useState } from 'preact/hooks'
import type { List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { serverNow } from '../../design/clock.ts'
import { Age, Failed, Loading } from '../../design/elements.tsx'
import { ChecksSection } from './checks-section.tsx'
import { JobsSection } from './jobs-section.tsx'
import { isBack, type ProcessBody } from './process.ts'
import { ProcessCard } from './process-card.tsx'
import { RestartDialog } from './restart-dialog.tsx'
import './processes.css'

const POLL_MS = 5000
/** A server that hangs takes calls and answers none. */
const ANSWER_MS = 10_000

/** What the server said of its processes, and when, by its clock. */
interface Said {
  processes: ProcessBody[]
  at: number
}

/** The processes that the system is made of: whether they run, and how they ended last. */
export function ProcessesPage() {
  const { live, notices, session } = useConsole()
  const [said, setSaid] = useState<Said | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const [restarting, setRestarting] = useState<ProcessBody | null>(null)
  /** The process as it was when its restart was ordered. */
  const ordered = useRef<ProcessBody | null>(null)
  const hear = (processes: ProcessBody[]) => {
    setSaid({ processes, at: serverNow() })
    setFault(null)
    if (ordered.current === null || !isBack(ordered.current, processes)) return
    notices.done(`The ${ordered.current.name} is back.`)
    ordered.current = null
  }
  const load = () =>
    get<List<ProcessBody>>('/api/processes', {}, AbortSignal.timeout(ANSWER_MS)).then(
      ({ items }) => hear(items),
      setFault,
    )
  // At once where the server is back: it may be the one that was restarted.
  useEffect(() => {
    void load()
    const poll = setInterval(() => void load(), POLL_MS)
    return () => clearInterval(poll)
  }, [live.liveness.value])

  if (!said && fault !== null) return <Failed title="The processes could not be loaded" error={fault} onRetry={load} />
  if (!said) return <Loading what="processes" />
  const oldSince = fault === null ? null : said.at
  return (
    <div class="processes">
      <h1>Processes</h1>
      {oldSince !== null && (
        <p class="unreachable" role="alert">
          The server is not reachable. What stands here is what it said <Age at={oldSince} />.
        </p>
      )}
      <ChecksSection />
      <ul class="process-list">
        {said.processes.map((process) => (
          <ProcessCard
            key={process.name}
            process={process}
            oldSince={oldSince}
            canRestart={session.who.value?.role === 'admin'}
            onRestart={() => setRestarting(process)}
          />
        ))}
      </ul>
      <JobsSection />
      {restarting !== null && (
        <RestartDialog
          name={restarting.name}
          onClose={() => setRestarting(null)}
          onOrdered={() => {
            notices.done(`The ${restarting.name} is being restarted.`)
            ordered.current = restarting
            setRestarting(null)
          }}
        />
      )}
    </div>
  )
}
