import { useConsole } from '../../console.ts'
import { TASKS_PATH } from '../../router/route.ts'
import { RunPanel } from './runs/run-panel.tsx'
import { RunsSection } from './runs/runs-section.tsx'

/** A task that is not there any more: what it did can still be looked at. */
export function GoneTask({ name }: { name: string }) {
  const { router } = useConsole()
  const open = new URLSearchParams(router.query.value).get('run')
  return (
    <div class="laboratory tasks page">
      <header class="page-head">
        <div>
          <a class="back" href={TASKS_PATH}>
            Tasks
          </a>
          <h1>There is no task {name}</h1>
          <p class="hint">Its file was taken away, or has another name now.</p>
        </div>
      </header>
      {open !== null && <RunPanel job={open} onAgain={null} onEdit={null} onClose={() => router.refine('')} />}
      <RunsSection task={name} tasks={[]} open={open} onRemoved={(job) => job === open && router.refine('')} />
    </div>
  )
}
