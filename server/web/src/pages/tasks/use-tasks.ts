import type { List } from '../../api/bodies.ts'
import type { TaskBody } from '../../api/task-bodies.ts'
import { type Answered, useAnswer } from '../../use-answer.ts'
import { useLookedAt } from '../../use-looked-at.ts'

/** While somebody looks: the file may be edited beside the page. */
const POLL_MS = 15_000

/** Which tasks there are; asked for again when the page is looked at again, for an edited file counts at once. */
export function useTasks(): Answered<List<TaskBody>> {
  const answered = useAnswer<List<TaskBody>>('/api/tasks', POLL_MS)
  useLookedAt(answered.load)
  return answered
}

/** The operator's before those that came with ajar; what is broken first. */
export function inOrder(tasks: readonly TaskBody[]): TaskBody[] {
  return tasks.toSorted(
    (one, other) =>
      Number(other.isOperators) - Number(one.isOperators) ||
      Number(one.error === null) - Number(other.error === null) ||
      titleOf(one).localeCompare(titleOf(other)),
  )
}

export const titleOf = ({ title, name }: Pick<TaskBody, 'title' | 'name'>) => title || name
