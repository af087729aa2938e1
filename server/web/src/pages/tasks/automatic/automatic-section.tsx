import { useState } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { TaskBody } from '../../../api/task-bodies.ts'
import { useConsole } from '../../../console.ts'
import { ConfirmDialog } from '../../../design/confirm-dialog.tsx'
import { Button, Loading } from '../../../design/elements.tsx'
import { page } from '../../../page.tsx'
import { titleOf } from '../use-tasks.ts'
import type { Automatic } from './automatic.ts'
import { AutomaticRun } from './automatic-run.tsx'
import { HEALTH, HealthEachNight } from './health-each-night.tsx'
import { useAutomatic } from './use-automatic.ts'

const AutomaticDialog = page(async () => (await import('./automatic-dialog.tsx')).AutomaticDialog)

interface AutomaticSectionProps {
  tasks: readonly TaskBody[]
  /** Of one task; null: of all. */
  task: TaskBody | null
}

/** When tasks are run by themselves: at times, or when a camera changes its state. */
export function AutomaticSection({ tasks, task }: AutomaticSectionProps) {
  const { session, notices } = useConsole()
  const { all, jobs, fault, load } = useAutomatic()
  const [open, setOpen] = useState<'new' | Automatic | null>(null)
  const canOperate = session.canOperate.value
  const shown = all.value?.filter((one) => task === null || one.task === task.name) ?? null
  const runnable = tasks.filter((one) => one.error === null)
  const titleNamed = (name: string) => {
    const known = tasks.find((one) => one.name === name)
    return known ? titleOf(known) : name
  }
  const onMade = async () => {
    setOpen(null)
    await load()
    notices.done('It is run by itself from now on.')
  }
  const hasHealth = runnable.some(({ name }) => name === HEALTH) && (task === null || task.name === HEALTH)
  return (
    <section class="card part by-itself" aria-labelledby="automatic">
      <header>
        <h2 id="automatic">By itself</h2>
        {canOperate && runnable.length > 0 && task?.error == null && (
          <Button onClick={() => setOpen('new')}>Add</Button>
        )}
      </header>
      {shown === null && fault.value === null && <Loading what="automatic runs" />}
      {fault.value !== null && <p class="hint wrong">{fault.value.message}</p>}
      {shown?.length === 0 && (
        <p class="hint">
          Never yet. A task may be run at times, or when a camera changes its state; the numbers that it finds become
          readings of the camera's device.
        </p>
      )}
      {shown !== null && shown.length > 0 && (
        <ul class="runs" aria-label="Automatic runs">
          {shown.map((one) => (
            <AutomaticRun
              key={one.path}
              automatic={one}
              title={titleNamed(one.task)}
              last={jobs.value.get(one.lastJob ?? '') ?? null}
              canOperate={canOperate}
              onChanged={load}
              onDelete={() => setOpen(one)}
            />
          ))}
        </ul>
      )}
      {!canOperate && <p class="hint">Whoever has the role operator adds, pauses and deletes them.</p>}
      {canOperate && hasHealth && all.value !== null && <HealthEachNight all={all.value} onMade={onMade} />}
      {open === 'new' && <AutomaticDialog tasks={runnable} task={task} onClose={() => setOpen(null)} onMade={onMade} />}
      {open !== null && open !== 'new' && (
        <ConfirmDialog
          title={`Run ${titleNamed(open.task)} by itself no more`}
          action="Delete"
          word={null}
          onClose={() => setOpen(null)}
          onConfirm={async () => {
            await send('DELETE', open.path)
            await load()
            setOpen(null)
          }}
        >
          <p>
            {open.camera}, {open.when}. The readings that it wrote stay.
          </p>
        </ConfirmDialog>
      )}
    </section>
  )
}
