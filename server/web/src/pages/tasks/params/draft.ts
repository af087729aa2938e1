import type { Entry, NamedEntry } from '../../../api/laboratory-bodies.ts'
import type { TaskBody } from '../../../api/task-bodies.ts'
import { entryOfFrame, isQuery } from '../../laboratory/entries.ts'
import { added, type Chosen } from '../../laboratory/form/draft.ts'
import { fieldsOf, pictureFieldsOf, textOf, WHOLE } from './fields.ts'

/** What stands in the form of a task. */
export interface TaskDraft {
  /** As they are typed; of those that were touched. */
  texts: Readonly<Record<string, string>>
  pictures: Readonly<Record<string, readonly Chosen[]>>
}

export const NOTHING: TaskDraft = { texts: {}, pictures: {} }

/** What was found wrong, by parameter; what is about none of them stands in `rest`. */
export interface Flaws {
  fields: Readonly<Record<string, string>>
  rest: string | null
}

export const NO_FLAWS: Flaws = { fields: {}, rest: null }

type Declared = Pick<TaskBody, 'schema' | 'pictures'>

/** What the task is told. What is empty is left out: the server says what it misses. */
export function paramsOf(task: Declared, draft: TaskDraft): { params: Record<string, unknown>; flaws: Flaws } {
  const params: Record<string, unknown> = {}
  const wrong: Record<string, string> = {}
  for (const { name, isList } of pictureFieldsOf(task)) {
    const entries = (draft.pictures[name] ?? []).map(({ entry }) => sentOf(entry))
    if (entries.length > 0) params[name] = isList ? entries : entries[0]
  }
  for (const { name, initial, read } of fieldsOf(task)) {
    const text = draft.texts[name] ?? initial
    if (text.trim() === '') continue
    try {
      if (name === WHOLE) Object.assign(params, read(text))
      else params[name] = read(text)
    } catch (error) {
      wrong[name] = (error as Error).message
    }
  }
  return { params, flaws: { fields: wrong, rest: null } }
}

/** The form as it was when a run was asked for. */
export function draftOf(task: Declared, params: Record<string, unknown>): TaskDraft {
  const pictures: Record<string, Chosen[]> = {}
  const texts: Record<string, string> = {}
  const rest = { ...params }
  for (const { name } of pictureFieldsOf(task)) {
    const given = params[name]
    pictures[name] = added([], (Array.isArray(given) ? given : [given]).flatMap(entryOf))
    delete rest[name]
  }
  for (const { name, input } of fieldsOf(task)) {
    const value = name === WHOLE ? (Object.keys(rest).length === 0 ? undefined : rest) : params[name]
    // What was left out then is left out again, whatever is usual.
    texts[name] = value === undefined ? '' : input.format === 'json' ? JSON.stringify(value, null, 1) : textOf(value)
  }
  return { texts, pictures }
}

/** What the server found wrong stands at the parameter that it names. */
export function flawsOf(task: Declared, error: unknown): Flaws {
  const { field = null, message } = error as Error & { field?: string | null }
  const names = [...pictureFieldsOf(task), ...fieldsOf(task)].map(({ name }) => name)
  const name = field?.split(/[./]/).find((part) => names.includes(part))
  // It stands below the field, which has a name for people.
  const said = message.startsWith(`${name}: `) ? message.slice(`${name}: `.length) : message
  return name === undefined ? { fields: {}, rest: message } : { fields: { [name]: said }, rest: null }
}

const sentOf = (entry: Entry): Entry =>
  isQuery(entry) ? { source: entry.source, query: entry.query } : { source: entry.source, basename: entry.basename }

/** A picture as a task is told of it: by its name or id, as an entry, or as all that a query stands for. */
export function entryOf(value: unknown): Entry[] {
  if (typeof value === 'string') return [named({ source: 'archive', basename: value })]
  if (value === null || typeof value !== 'object') return []
  if ('basename' in value) return [named(value as NamedEntry)]
  return 'query' in value ? [value as Entry] : []
}

/** Frames are known by their ids too. */
const named = (entry: NamedEntry) => (entry.basename.includes('/') ? entryOfFrame(entry.basename) : entry)
