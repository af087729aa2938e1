import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Operation } from '../../datasessions/operation.ts'
import { describeBounds } from '../bounds/machine.ts'
import { launch } from '../launch/launch.ts'
import { paramsOfValues } from '../params/params.ts'
import type { ExternalTask } from '../task.ts'
import { launchInBox, seenParams } from '../untrusted/launch-in-box.ts'
import { givePictures } from './given-pictures.ts'
import { jobLog } from './job-log.ts'
import { makeOutputs } from './made-outputs.ts'

let isTold = false

/** How this machine holds tasks, in the log of the first one that this process runs: it is the same for all. */
async function tellBounds() {
  if (isTold) return
  isTold = true
  const bounds = await describeBounds()
  console.log(
    `tasks are held here: ${bounds.map(({ name, enforced, text }) => `${name} (${enforced}) ${text}`).join('; ')}`,
  )
}

/**
 * In the process of a task: runs it by the launcher protocol, and makes outputs of what it wrote. What it prints goes into
 * the log of its job, as does what this process prints.
 * @param declared an `ExternalTask`
 */
export function externalOperation(declared: object): Operation {
  const task = declared as ExternalTask
  return {
    ...{ name: task.name, description: '', category: 'task', inputs: {} },
    /** @throws TaskError */
    async perform(inputs, work) {
      if (task.untrusted === undefined) await tellBounds()
      const [workFolder, outFolder] = [join(work.scratch, 'work'), join(work.scratch, 'out')]
      for (const folder of [workFolder, outFolder]) await mkdir(folder, { mode: 0o700 })
      const pictures = await givePictures(task.pictures, inputs, workFolder, work)
      const { untrusted } = task
      const seen = untrusted === undefined ? pictures : seenParams(pictures, workFolder)
      const params = { ...(task.params ?? paramsOfValues(task, inputs)), ...seen }
      const asked = {
        ...{ command: task.command, name: task.name, limits: task.limits, workFolder, outFolder },
        params: Object.keys(params).length > 0 ? params : null,
        // Whoever cancels it ends this process, and with it what it started.
        signal: new AbortController().signal,
        onLine: jobLog(task.command),
      }
      const { outfile } = await (untrusted === undefined
        ? launch({ ...asked, view: task.view })
        : launchInBox({ ...asked, untrusted }))
      await makeOutputs(task.name, outfile, work)
    },
  }
}
