import type { InputFields } from '../../datasessions/operation.ts'
import { badRequest } from '../../http/errors.ts'
import { type ExternalTask, IMAGE_URL, type Task } from '../task.ts'
import { stepsOfCall, TooMuch, type Wrong, wrongWith } from './check.ts'
import { isOpen, parametersOf, propertiesOf, requiredOf, Unreadable } from './parameters.ts'
import { inTurn } from './turns.ts'

type Declared = Pick<Task, 'schema' | 'pictures'>

/** What a form was filled in with is not what the task takes: it fails the same way again. */
class ParamsError extends Error {
  readonly code = 'bad_params'
  readonly fault = 'caller'
}

/**
 * What a form asks for in order to run a task: one field for each parameter, in the task's order. Pictures are files, true or
 * false is a choice, and what is no number, text or choice is JSON in a text (`TextField.format`). A task that says nothing
 * of its parameters, or takes others besides, is told those by one more text, `params`.
 */
export function inputFieldsOf(task: Declared): InputFields {
  return Object.fromEntries(parametersOf(task).map(({ name, field }) => [name, field]))
}

/**
 * What the task is told, of what a form was filled in with; pictures are left out, and what was left empty.
 * @throws ParamsError
 */
export function paramsOfValues(
  task: Pick<ExternalTask, 'schema' | 'pictures'>,
  values: Record<string, unknown>,
): Record<string, unknown> {
  const { params, wrong } = read(task, values)
  const [first] = Object.entries(wrong)
  if (first) throw new ParamsError(`${first[0]}: ${first[1].join(' ')}`)
  return params
}

/**
 * What is wrong with what a form was filled in with, taken together: what single fields cannot say of themselves.
 * @returns texts by field, or null
 * @throws HttpError 503 `busy`
 */
export function wrongValues(task: Declared, values: Record<string, unknown>): Promise<Record<string, string[]> | null> {
  return inTurn(() => wrongNow(task, values))
}

function wrongNow(task: Declared, values: Record<string, unknown>): Record<string, string[]> | null {
  const steps = stepsOfCall()
  const { params, wrong, fields } = read(task, values, steps)
  if (Object.keys(wrong).length === 0)
    for (const { path, text } of wrongWithParams(task, params, steps)) {
      const [name = '', ...rest] = path
      const field = fields.get(String(name)) ?? fields.get('') ?? String(name)
      const within = field === name ? rest : path
      const said = within.length === 0 ? sentence(text) : `${within.join('.')} ${text}.`
      wrong[field] = [...(wrong[field] ?? []), said]
    }
  return Object.keys(wrong).length === 0 ? null : wrong
}

/**
 * Checks what a task is told by what it declares. Pictures are not looked at: whoever finds them checks them, and whether
 * they are there.
 * @throws HttpError 400 `bad_params`: the field is that of the first fault, the message has them all; 503 `busy`
 */
export async function checkParams(task: Declared & Pick<Task, 'name'>, params: Record<string, unknown>): Promise<void> {
  const wrong = await inTurn(() => wrongWithParams(task, params))
  const [first] = wrong
  if (!first) return
  const said = wrong.map(({ path, text }) => (path.length === 0 ? `params ${text}` : `${path.join('.')} ${text}`))
  throw badRequest('bad_params', `${task.name}: ${said.join('; ')}`, ['params', ...first.path].join('.'))
}

function wrongWithParams(
  { schema, pictures }: Declared,
  params: Record<string, unknown>,
  steps = stepsOfCall(),
): Wrong[] {
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    return [{ path: [], text: 'must be an object' }]
  const isPicture = (name: string) => pictures.some((picture) => picture.name === name)
  // It is where tasks look for a picture: told otherwise, it could be any file of this machine.
  if (Object.hasOwn(params, IMAGE_URL) && !isPicture(IMAGE_URL))
    return [{ path: [IMAGE_URL], text: 'is no parameter of this task, which takes no picture by that name' }]
  if (schema === null) return []
  const others = Object.fromEntries(
    Object.keys(propertiesOf(schema))
      .filter(isPicture)
      .map((name) => [name, true]),
  )
  const { dependentRequired } = schema as { dependentRequired?: Record<string, string[]> }
  const withoutPictures = (names: string[]) => names.filter((name) => !isPicture(name))
  const asked = {
    ...schema,
    properties: { ...propertiesOf(schema), ...others },
    required: withoutPictures(requiredOf(schema)),
    ...(dependentRequired && {
      dependentRequired: Object.fromEntries(
        Object.entries(dependentRequired).map(([name, others]) => [name, withoutPictures(others)]),
      ),
    }),
    ...(isOpen(schema) ? {} : { additionalProperties: false }),
  }
  try {
    return wrongWith(schema, params, asked, steps)
  } catch (error) {
    if (error instanceof TooMuch) return [{ path: [], text: error.message }]
    throw error
  }
}

/** @returns `fields`: of each parameter the field that it stands in, and by an empty name that of all others */
function read(task: Declared, values: Record<string, unknown>, steps = stepsOfCall()) {
  const params: Record<string, unknown> = {}
  const wrong: Record<string, string[]> = {}
  const parameters = parametersOf(task, steps)
  const fields = new Map(parameters.map(({ name }) => [name, name]))
  const rest = parameters.find(({ isRest }) => isRest)
  if (rest) fields.set('', rest.name)
  for (const parameter of parameters) {
    const { name } = parameter
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (!parameter.told || value === undefined || value === null) continue
    try {
      const told = parameter.told(value)
      const twice = parameter === rest && Object.keys(told).find((one) => one !== name && fields.has(one))
      if (twice) throw new Unreadable(`says ${twice}, which has a field of its own`)
      for (const [key, one] of Object.entries(told))
        Object.defineProperty(params, key, { value: one, enumerable: true, configurable: true, writable: true })
    } catch (error) {
      if (!(error instanceof Unreadable) && !(error instanceof TooMuch)) throw error
      wrong[name] = [sentence(error.message)]
    }
  }
  return { params, wrong, fields }
}

/** As forms show it. */
function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}
