import { laboratoryForTasks } from './datasessions/for-tasks.ts'
import { type LaboratoryParts, openLaboratory } from './datasessions/open-laboratory.ts'
import { openProgramsWorkers } from './jobs/worker/open-workers.ts'
import { openPrograms, type ProgramsParts } from './programs/open-programs.ts'
import { openTasks, type TasksParts } from './tasks/open-tasks.ts'
import type { RunsLaboratory } from './tasks/runs/runs-laboratory.ts'

type Parts = Omit<LaboratoryParts, 'tasks'> &
  Omit<TasksParts, 'laboratory'> & { programs: Omit<ProgramsParts, 'settings' | 'openWorkers'> } & Pick<
    ProgramsParts,
    'settings'
  >

/** The laboratory, the tasks, which are operations of it too, and the programs of its users. They wait for `start`. */
export async function openAnalysis(parts: Parts) {
  const tasks = openTasks({ ...parts, laboratory: () => forTasks })
  const laboratory = await openLaboratory({ ...parts, tasks: tasks.operations })
  const forTasks: RunsLaboratory = laboratoryForTasks(laboratory)
  const { settings } = parts
  const openWorkers = (onConnected: () => void) => openProgramsWorkers(settings, parts.programs.log, onConnected)
  const programs = openPrograms({ ...parts.programs, settings, openWorkers })
  return { laboratory, tasks, programs }
}
