import type { External } from '../../datasessions/available.ts'
import type { Operation } from '../../datasessions/operation.ts'
import type { Catalog } from '../catalog/catalog.ts'
import { inputFieldsOf, wrongValues } from '../params/params.ts'
import { wrongPictures } from '../params/picture-number.ts'
import type { ExternalTask, Task } from '../task.ts'

/** Who asks for operations has a limit of its own, and has last known ones beyond it. Milliseconds. */
const WAIT_MS = 120_000

/** Each task as an operation, as the folders are now. One that is broken is none. */
export function asOperations(catalog: Pick<Catalog, 'list' | 'find'>): External {
  return {
    list: async () => (await catalog.list(WAIT_MS)).tasks.map(operationOf),
    async find(name) {
      const task = await catalog.find(name)
      if (!task) return undefined
      return 'command' in task ? operationOf(task) : { broken: task.error }
    },
  }
}

/** A task as an operation of data sessions: what it takes is asked for by a form, and a process of a job worker runs it. */
function operationOf(task: Task): Operation {
  const { name, title, description, command, limits, view, untrusted, pictures, schema, fingerprint, cached } = task
  const external: ExternalTask = { name, command, limits, view, untrusted, pictures, schema, params: null }
  return {
    ...{
      name,
      title,
      description,
      category: 'task',
      inputs: inputFieldsOf(task),
      version: fingerprint,
      isFresh: !cached,
    },
    external,
    wrongPictures(field, files) {
      const picture = pictures.find((one) => one.name === field)
      const wrong = picture ? wrongPictures(task, picture, files) : null
      return wrong && `${wrong.slice(0, 1).toUpperCase()}${wrong.slice(1)}.`
    },
    wrongTogether: (given) => wrongValues(task, given),
    perform: () => Promise.reject(new Error(`the task ${name} is done by a process of its own`)),
  }
}
