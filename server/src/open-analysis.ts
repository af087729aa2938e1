import { laboratoryForTasks } from './datasessions/for-tasks.ts'
import { type LaboratoryParts, openLaboratory } from './datasessions/open-laboratory.ts'
import { openTasks, type TasksParts } from './tasks/open-tasks.ts'
import type { RunsLaboratory } from './tasks/runs/runs-laboratory.ts'

type Parts = Omit<LaboratoryParts, 'tasks'> & Omit<TasksParts, 'laboratory'>

/** The laboratory and the tasks, which are operations of it too. They wait for `start`. */
export async function openAnalysis(parts: Parts) {
  const tasks = openTasks({ ...parts, laboratory: () => forTasks })
  const laboratory = await openLaboratory({ ...parts, tasks: tasks.operations })
  const forTasks: RunsLaboratory = laboratoryForTasks(laboratory)
  return { laboratory, tasks }
}
