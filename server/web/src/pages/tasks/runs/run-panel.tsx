import { useEffect, useRef } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { TaskRunBody } from '../../../api/task-bodies.ts'
import { useAction } from '../../../api/use-action.ts'
import { useConsole } from '../../../console.ts'
import { Age, Button, Loading } from '../../../design/elements.tsx'
import { ScrolledToEnd } from '../../../design/scrolled-to-end.tsx'
import { duration, percent } from '../../../design/words.ts'
import { Lines } from '../../../jobs/job-log.tsx'
import { isOver } from '../../../jobs/latest-job.ts'
import { useJobLines } from '../../../jobs/use-job-lines.ts'
import { page } from '../../../page.tsx'
import { Reason } from '../reason.tsx'
import { mayEnd, paramsInWords, STATES } from '../words.ts'
import { Unwritten } from './unwritten.tsx'
import { useRun } from './use-run.ts'

const RunResult = page(async () => (await import('./run-result.tsx')).RunResult)

/** Of these nothing went wrong, or the result itself says what. */
const WITHOUT_REASON = new Set<TaskRunBody['state']>(['done', 'cancelled'])

interface RunPanelProps {
  job: string
  /** Runs the task again as it was told; null where it is there no more. */
  onAgain: ((params: Record<string, unknown>) => Promise<void>) | null
  /** Fills the form with what it was told; null where there is no form. */
  onEdit: ((params: Record<string, unknown>) => void) | null
  onClose(): void
}

/** One run: how it gets on, what it wrote, and what came of it. */
export function RunPanel({ job, onAgain, onEdit, onClose }: RunPanelProps) {
  const { session } = useConsole()
  const { run, fault, load } = useRun(job)
  const heading = useRef<HTMLHeadingElement>(null)
  const action = useAction()
  const body = run.value
  const isEnded = body !== null && isOver(body)
  // Whoever began or opened it looks at it next, also where it stands below the form; who types there goes on there.
  useEffect(() => {
    const { top = 0 } = heading.current?.getBoundingClientRect() ?? {}
    if (top < 0 || top > innerHeight / 2) heading.current?.scrollIntoView()
    if (!document.activeElement?.closest('form')) heading.current?.focus({ preventScroll: true })
  }, [job])
  const act = (work: () => Promise<unknown>) => action.run(async () => void (await work()))
  return (
    <section class="card part run" aria-labelledby="run">
      <header>
        <h2 id="run" tabIndex={-1} ref={heading}>
          {isEnded && body.state === 'done' ? 'Result' : 'Run'}
        </h2>
        {body !== null && (
          <span class={`tag ${STATES[body.state].tone}`} role="status">
            {STATES[body.state].name}
          </span>
        )}
        {body !== null && (
          <small>
            <Age at={Date.parse(body.createdAt)} />
            {body.finishedAt !== null && `, took ${tookOf(body)}`}
          </small>
        )}
        <span class="buttons">
          {body !== null && !isEnded && mayEnd(body, session.canOperate.value) && (
            <Button
              busy={action.busy.value}
              onClick={() =>
                void act(async () => {
                  await send('DELETE', `/api/task-runs/${job}`)
                  await load()
                })
              }
            >
              Cancel
            </Button>
          )}
          {body !== null && isEnded && onAgain !== null && (
            <Button busy={action.busy.value} onClick={() => void act(() => onAgain(body.params))}>
              Run again
            </Button>
          )}
          {body !== null && onEdit !== null && (
            <Button kind="quiet" onClick={() => onEdit(body.params)}>
              Fill the form with it
            </Button>
          )}
        </span>
        <Button kind="quiet" class="close" aria-label="Close the run" onClick={onClose}>
          ✕
        </Button>
      </header>
      {body === null && fault.value === null && <Loading what="run" />}
      {body === null && fault.value !== null && (
        <>
          <p class="hint wrong" role="alert">
            {fault.value.message}
          </p>
          {/* One that failed before its task began is no run, but its job has lines. */}
          <Printed key={job} job={job} isRunning={false} />
        </>
      )}
      {body !== null && (
        <>
          <p class="hint told">{paramsInWords(body.params) || 'Without parameters'}</p>
          {!isEnded && <HowFar job={job} />}
          {body.error !== null && !WITHOUT_REASON.has(body.state) && (
            <div role="alert">
              <Reason text={body.error.message} />
            </div>
          )}
          <Unwritten flaws={body.unwritten} />
          {body.state === 'done' && <RunResult run={body} />}
          <Printed key={job} job={job} isRunning={!isEnded} />
        </>
      )}
    </section>
  )
}

function HowFar({ job }: { job: string }) {
  const { progress = 0, phase = null } = useConsole().live.jobs.value.get(job) ?? {}
  return (
    <div class="how-far">
      <progress class="progress" aria-label="Progress" {...(progress > 0 ? { value: progress } : {})} />
      <small>{progress > 0 ? percent(progress) : (phase ?? '')}</small>
    </div>
  )
}

/** What it wrote while it ran. */
function Printed({ job, isRunning }: { job: string; isRunning: boolean }) {
  const { lines, fault } = useJobLines(job, { isRunning, isWanted: true })
  const written = lines.value ?? []
  if (fault.value !== null) return <p class="hint wrong">{fault.value}</p>
  if (written.length === 0) return null
  return (
    <details class="job-log" open={isRunning}>
      <summary>What it did</summary>
      <ScrolledToEnd label="What it did" class="printed" of={written.length}>
        <Lines lines={written} />
      </ScrolledToEnd>
    </details>
  )
}

function tookOf({ createdAt, finishedAt }: TaskRunBody): string {
  const ms = Date.parse(finishedAt ?? createdAt) - Date.parse(createdAt)
  return ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms)
}
