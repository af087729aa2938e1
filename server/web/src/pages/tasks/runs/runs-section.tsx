import { useEffect, useState } from 'preact/hooks'
import type { List } from '../../../api/bodies.ts'
import { get, isAway, send } from '../../../api/client.ts'
import type { TaskBody, TaskRunBody } from '../../../api/task-bodies.ts'
import { useAction } from '../../../api/use-action.ts'
import { useConsole } from '../../../console.ts'
import { Age, Button, Loading } from '../../../design/elements.tsx'
import { isOver } from '../../../jobs/latest-job.ts'
import { runPath } from '../../../router/route.ts'
import { useLookedAt } from '../../../use-looked-at.ts'
import { titleOf } from '../use-tasks.ts'
import { mayEnd, paramsInWords, STATES } from '../words.ts'

const A_PAGE = 15
/** Beside other things. */
const A_FEW = 8

interface RunsSectionProps {
  /** Of one task; null: of all. */
  task: string | null
  /** By which runs are named. */
  tasks: readonly TaskBody[]
  /** The one that is shown. */
  open: string | null
  onRemoved(job: string): void
}

/** Runs that one asked for, and those that nobody did, the newest first. */
export function RunsSection({ task, tasks, open, onRemoved }: RunsSectionProps) {
  const { live, session } = useConsole()
  const { busy, run: act } = useAction()
  const [{ runs, next }, setPage] = useState<{ runs: TaskRunBody[] | null; next: string | null }>(NOTHING)
  const [fault, setFault] = useState<Error | null>(null)
  const load = async (cursor?: string) => {
    try {
      const query = { task: task ?? undefined, limit: task === null ? A_FEW : A_PAGE, cursor }
      const { items, next } = await get<List<TaskRunBody>>('/api/task-runs', query)
      setPage((known) => ({ runs: cursor === undefined ? items : [...(known.runs ?? []), ...items], next }))
      setFault(null)
    } catch (error) {
      if (!isAway(error)) setFault(error as Error)
    }
  }
  useEffect(() => {
    void load()
    return live.listen((event) => {
      if (event.kind === 'job' && event.data.kind === 'task' && (isOver(event.data) || event.data.progress === 0))
        void load()
    })
  }, [task, live.liveness.value, open])
  // One that was removed beside this page is told of by nobody.
  useLookedAt(load, [task])
  const titleNamed = (name: string) => titleOf(tasks.find((one) => one.name === name) ?? { name, title: name })
  const remove = ({ job }: TaskRunBody) =>
    act(async () => {
      await send('DELETE', `/api/task-runs/${job}`)
      onRemoved(job)
      await load()
      return undefined
    })
  return (
    <section class="card part" aria-labelledby="runs">
      <h2 id="runs">{task === null ? 'Runs' : 'Its runs'}</h2>
      {runs === null && fault === null && <Loading what="runs" />}
      {fault !== null && <p class="hint wrong">{fault.message}</p>}
      {runs?.length === 0 && <p class="hint">Nothing was run yet.</p>}
      {runs !== null && runs.length > 0 && (
        <ul class="runs" aria-label="Runs">
          {runs.map((one) => (
            <li key={one.job}>
              <a href={runPath(one.task, one.job)} aria-current={one.job === open ? 'true' : undefined}>
                {task === null ? titleNamed(one.task) : <Age at={Date.parse(one.createdAt)} />}
              </a>
              <span class={`tag ${STATES[one.state].tone}`}>{STATES[one.state].name}</span>
              <small class="told">
                {task === null && (
                  <>
                    <Age at={Date.parse(one.createdAt)} />{' '}
                  </>
                )}
                {[one.camera === null ? '' : 'by itself', paramsInWords(one.params)].filter(Boolean).join('; ')}
              </small>
              {isOver(one) && mayEnd(one, session.canOperate.value) && (
                <Button
                  kind="quiet"
                  busy={busy.value}
                  aria-label={`Remove the run of ${titleNamed(one.task)} ${one.createdAt}`}
                  onClick={() => void remove(one)}
                >
                  Remove
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {next !== null && (
        <Button kind="quiet" onClick={() => void load(next)}>
          Show older ones
        </Button>
      )}
    </section>
  )
}

const NOTHING = { runs: null, next: null }
