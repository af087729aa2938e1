import { type Static, Type } from 'typebox'
import { nullable } from '../http/shapes.ts'
import type { BrokenTask, Task } from './task.ts'

/** A task as it is shown. Of one that is broken only its name is known, where it stands, and why. */
export const TaskBody = Type.Object({
  name: Type.String({ description: 'as it is called' }),
  title: nullable(Type.String()),
  description: nullable(Type.String()),
  language: nullable(Type.Enum(['typescript', 'python', 'executable'])),
  schema: Type.Unknown({
    description:
      'JSON Schema (2020-12) of its parameters, with `format: "picture"` on those that are pictures; null: it says nothing',
  }),
  pictures: Type.Array(Type.Object({ name: Type.String(), isList: Type.Boolean(), required: Type.Boolean() }), {
    description: 'the parameters that are pictures',
  }),
  limits: nullable(
    Type.Object(
      { ms: Type.Number(), memoryBytes: Type.Number(), processes: Type.Number(), outputBytes: Type.Number() },
      { description: 'what takes more is ended' },
    ),
  ),
  source: Type.String({ description: 'its file or folder in the folder of tasks' }),
  isOperators: Type.Boolean({ description: 'of AJAR_TASKS_DIR, or laid beside those of ajar; else it came with ajar' }),
  sandboxed: Type.Boolean({
    description: 'nobody trusts it, as it lies in `untrusted/` of a folder of tasks: it runs in a box',
  }),
  error: nullable(Type.String({ description: 'why it cannot be called' })),
})
export type TaskBody = Static<typeof TaskBody>

export function shownTask(task: Task | BrokenTask): TaskBody {
  const sandboxed = task.untrusted !== undefined
  if ('error' in task) {
    const unknown = { title: null, description: null, language: null, schema: null, pictures: [], limits: null }
    return {
      ...unknown,
      name: task.name,
      source: task.source,
      isOperators: task.isOperators,
      sandboxed,
      error: task.error,
    }
  }
  const { name, title, description, language, schema, pictures, limits, source, isOperators } = task
  return { name, title, description, language, schema, pictures, limits, source, isOperators, sandboxed, error: null }
}
