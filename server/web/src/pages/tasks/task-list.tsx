import type { TaskBody } from '../../api/task-bodies.ts'
import { paragraphsOf } from '../../design/paragraphs.ts'
import { taskPath } from '../../router/route.ts'
import { Reason } from './reason.tsx'
import { inOrder, titleOf } from './use-tasks.ts'
import { languageOf, limitsInWords } from './words.ts'

/** Tasks, each with what it does and what it may take; those that are broken with the reason. */
export function TaskList({ tasks }: { tasks: readonly TaskBody[] }) {
  return (
    <ul class="task-list" aria-label="Tasks">
      {inOrder(tasks).map((task) => (
        <li key={task.name} class={task.error === null ? 'card part task' : 'card part task broken'}>
          <h3>
            <a href={taskPath(task.name)}>{titleOf(task)}</a>
          </h3>
          <Facts task={task} />
          {task.description && <p class="in-short">{paragraphsOf(task.description)[0]}</p>}
          {task.error !== null && <Reason text={task.error} />}
        </li>
      ))}
    </ul>
  )
}

/** Whose it is, in which language, and its bounds. */
export function Facts({ task }: { task: TaskBody }) {
  const whose = task.isOperators ? 'yours' : 'came with ajar'
  const facts = [languageOf(task), task.sandboxed ? 'untrusted: runs in a box' : whose, limitsInWords(task)]
  return (
    <p class="hint facts-in-line">
      {task.error !== null && <span class="tag bad">broken</span>} <code>{task.source || task.name}</code>{' '}
      {facts.filter(Boolean).join(' · ')}
    </p>
  )
}
