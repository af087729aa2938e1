import { useEffect, useRef, useState } from 'preact/hooks'
import type { JobBody } from '../../api/bodies.ts'
import { send } from '../../api/client.ts'
import type { TaskBody } from '../../api/task-bodies.ts'
import { useConsole } from '../../console.ts'
import { Button } from '../../design/elements.tsx'
import { paragraphsOf } from '../../design/paragraphs.ts'
import { runQuery, TASKS_PATH } from '../../router/route.ts'
import { AutomaticSection } from './automatic/automatic-section.tsx'
import { Jump } from './jump.tsx'
import { draftOf, type Flaws, flawsOf, NO_FLAWS, NOTHING, paramsOf, type TaskDraft } from './params/draft.ts'
import { ParamsFields } from './params/params-fields.tsx'
import { Reason } from './reason.tsx'
import { RunPanel } from './runs/run-panel.tsx'
import { RunsSection } from './runs/runs-section.tsx'
import { Facts } from './task-list.tsx'
import { titleOf } from './use-tasks.ts'

/** One task: its form, its runs with what came of them, and when it is run by itself. */
export function TaskPage({ task, tasks }: { task: TaskBody; tasks: readonly TaskBody[] }) {
  const { router } = useConsole()
  const [draft, setDraft] = useState<TaskDraft>(NOTHING)
  const [flaws, setFlaws] = useState<Flaws>(NO_FLAWS)
  const [busy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const open = new URLSearchParams(router.query.value).get('run')
  const begin = async (params: Record<string, unknown>) => {
    const { id } = await send<JobBody>('POST', `/api/tasks/${task.name}`, { params })
    router.refine(runQuery(id))
  }
  const run = async (event: SubmitEvent) => {
    event.preventDefault()
    const { params, flaws: found } = paramsOf(task, draft)
    setFlaws(found)
    if (Object.keys(found.fields).length > 0) return
    setBusy(true)
    await begin(params).catch((error) => setFlaws(flawsOf(task, error)))
    setBusy(false)
  }
  useEffect(() => {
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [flaws])
  return (
    <div class="laboratory tasks page">
      <header class="page-head">
        <div>
          <a class="back" href={TASKS_PATH}>
            Tasks
          </a>
          <h1>{titleOf(task)}</h1>
          <Facts task={task} />
        </div>
        <Jump />
      </header>
      {task.description && (
        <div class="description">
          {paragraphsOf(task.description).map((text, index) => (
            <p key={index} class="as-written">
              {text}
            </p>
          ))}
        </div>
      )}
      {task.error !== null && (
        <section class="card part" aria-labelledby="broken">
          <h2 id="broken">It is broken, and cannot be run</h2>
          <Reason text={task.error} />
          <p class="hint">Mend its file: the page finds out by itself.</p>
        </section>
      )}
      <div class="columns task-columns">
        <div class="page">
          {task.error === null && (
            <form ref={form} class="card part form" aria-label="Run it" onSubmit={(event) => void run(event)}>
              <ParamsFields
                task={task}
                draft={draft}
                flaws={flaws}
                hasPictures
                onChange={(changed) => {
                  setDraft(changed)
                  setFlaws(NO_FLAWS)
                }}
              />
              {flaws.rest !== null && (
                <p class="hint wrong as-written" role="alert">
                  {flaws.rest}
                </p>
              )}
              <Button type="submit" kind="main" busy={busy}>
                Run
              </Button>
            </form>
          )}
          <AutomaticSection tasks={tasks} task={task} />
        </div>
        <div class="page">
          {open !== null && (
            <RunPanel
              job={open}
              onAgain={task.error === null ? begin : null}
              onEdit={task.error === null ? (params) => setDraft(draftOf(task, params)) : null}
              onClose={() => router.refine('')}
            />
          )}
          <RunsSection
            task={task.name}
            tasks={tasks}
            open={open}
            onRemoved={(job) => job === open && router.refine('')}
          />
        </div>
      </div>
    </div>
  )
}
