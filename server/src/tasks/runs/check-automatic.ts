import type { Static } from 'typebox'
import { badRequest, HttpError } from '../../http/errors.ts'
import type { TaskParams } from '../../http/task-params.ts'
import { isPointer } from '../readings/pointer.ts'
import { type BrokenTask, IMAGE_URL, type PictureParam, type Task } from '../task.ts'

/** What a task is told by a schedule or a trigger. */
export type Automatic = Static<typeof TaskParams>

export interface CheckAutomaticPorts {
  findTask(name: string): Promise<Task | BrokenTask | undefined>
  /** @throws HttpError 400 `bad_params`, 503 `busy` */
  checkParams(task: Pick<Task, 'name' | 'schema' | 'pictures'>, params: Record<string, unknown>): Promise<void>
  /** Whether the pictures among them can be given. @throws HttpError 400 `bad_params` */
  checkPictures(task: Pick<Task, 'schema' | 'pictures'>, params: Record<string, unknown>): Promise<void>
}

/** Of each schedule and trigger, and of each job that it asks for: those that wait are looked through together. */
const MOST_CHARACTERS = 16_384

/**
 * Whether a task can be run by itself that way, as it is now.
 * @param field what stands before the names of fields in errors
 * @returns the task
 * @throws HttpError 400 `no_such_task`, `bad_params`; 409 `task_broken`
 */
export async function checkAutomatic(
  { findTask, checkParams, checkPictures }: CheckAutomaticPorts,
  { task: name, params = {}, readings = {} }: Automatic,
  field = '',
): Promise<Task> {
  const task = await findTask(name)
  if (!task) throw badRequest('no_such_task', `there is no task ${name}: GET /api/tasks lists them`, `${field}task`)
  if ('error' in task) throw new HttpError(409, 'task_broken', `the task ${name} is broken: ${task.error}`)
  if (JSON.stringify(params).length > MOST_CHARACTERS)
    throw badRequest('bad_params', `they are longer than ${MOST_CHARACTERS} characters`, `${field}params`)
  cameraPicture(task, params, field)
  try {
    await checkParams(task, params)
    await checkPictures(task, params)
  } catch (error) {
    if (!(error instanceof HttpError) || error.field === undefined) throw error
    throw new HttpError(error.status, error.code, error.message, `${field}${error.field}`)
  }
  for (const [sensor, pointer] of Object.entries(readings))
    if (!isPointer(pointer)) {
      const message = `${pointer} is no JSON pointer (RFC 6901): /noise is the value of "noise"`
      throw badRequest('bad_params', message, `${field}readings.${sensor}`)
    }
  return task
}

/**
 * Which parameter of a task is the camera's frame: `_imageURL`, or the only picture that it takes.
 * @returns null where it takes none, or does not have to
 * @throws HttpError 400 `bad_params` where it cannot be told, or is said already
 */
export function cameraPicture(
  { name, pictures }: Pick<Task, 'name' | 'pictures'>,
  params: Record<string, unknown>,
  field = '',
): PictureParam | null {
  const own = pictures.find((one) => one.name === IMAGE_URL) ?? (pictures.length === 1 ? pictures[0] : undefined)
  if (own && params[own.name] !== undefined)
    throw badRequest(
      'bad_params',
      `${own.name} is the camera's frame when a task is run by itself: leave it out`,
      `${field}params.${own.name}`,
    )
  const missing = pictures.find((one) => one !== own && one.required && params[one.name] === undefined)
  if (missing)
    throw badRequest(
      'bad_params',
      `${name} takes the pictures ${pictures.map((one) => one.name).join(', ')}, and ${own ? `only ${own.name}` : 'none of them'} is the camera's frame: say ${missing.name}`,
      `${field}params.${missing.name}`,
    )
  return own ?? null
}
