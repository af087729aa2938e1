import { useConsole } from '../../console.ts'
import { Empty, Failed, Loading } from '../../design/elements.tsx'
import { page } from '../../page.tsx'
import type { TasksRoute } from '../../router/route.ts'
import { AutomaticSection } from './automatic/automatic-section.tsx'
import { HowToAdd } from './how-to-add.tsx'
import { Jump } from './jump.tsx'
import { RunsSection } from './runs/runs-section.tsx'
import { TaskList } from './task-list.tsx'
import { useTasks } from './use-tasks.ts'
import '../laboratory/laboratory.css'
import './tasks.css'

const TaskPage = page(async () => (await import('./task-page.tsx')).TaskPage)
const GoneTask = page(async () => (await import('./gone-task.tsx')).GoneTask)

/** Programs of the tasks folder: run by hand, at times, or when a camera changes its state. */
export function TasksPage({ task }: TasksRoute) {
  if (useConsole().session.canAnalyse.value) return <AllTasks name={task} />
  return (
    <Empty title="Tasks need the role analyst">
      <p>
        Ask somebody with the role admin: an analyst sees what a viewer sees, runs tasks, and works in the laboratory.
      </p>
    </Empty>
  )
}

function AllTasks({ name }: { name: string | undefined }) {
  const { body, fault, load } = useTasks()
  const tasks = body.value?.items ?? null
  if (tasks === null && fault.value !== null)
    return <Failed title="The tasks could not be loaded" error={fault.value} onRetry={load} />
  if (tasks === null) return <Loading what="tasks" />
  const task = tasks.find((one) => one.name === name)
  if (task) return <TaskPage task={task} tasks={tasks} />
  if (name !== undefined) return <GoneTask key={name} name={name} />
  return (
    <div class="laboratory tasks page">
      <header class="page-head">
        <h1>Tasks</h1>
        {tasks.length > 0 && <Jump />}
      </header>
      {tasks.length === 0 ? (
        <Empty title="No task yet">
          <p>A task is a program in a folder of the server: it is given a picture and says something of it.</p>
          <HowToAdd />
        </Empty>
      ) : (
        <>
          <TaskList tasks={tasks} />
          <details class="card part how-to">
            <summary>How to add a task</summary>
            <HowToAdd />
          </details>
          <div class="columns even">
            <AutomaticSection tasks={tasks} task={null} />
            <RunsSection task={null} tasks={tasks} open={null} onRemoved={() => {}} />
          </div>
        </>
      )}
    </div>
  )
}
