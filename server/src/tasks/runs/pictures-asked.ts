import type { Entry } from '../../datasessions/entries.ts'
import type { InputFile } from '../../datasessions/operation.ts'
import { badRequest } from '../../http/errors.ts'
import { picturesTaken, wrongPictures } from '../params/picture-number.ts'
import type { Task } from '../task.ts'
import type { RunsLaboratory } from './runs-laboratory.ts'

/** What a task is told, with its pictures apart from the rest. */
export interface Asked {
  params: Record<string, unknown>
  pictures: Record<string, Entry[]>
}

/**
 * Sets the pictures among parameters apart, each as entries of the archive.
 * @param given as they were sent: a picture is a basename or a frame's id, `{source, basename}`, or a query of frames
 * @throws HttpError 400 `bad_params`
 */
export async function askedOf(
  laboratory: Pick<RunsLaboratory, 'checkEntries' | 'isThere'>,
  account: string,
  task: Pick<Task, 'schema' | 'pictures'>,
  given: Record<string, unknown>,
): Promise<Asked> {
  const params = { ...given }
  const pictures: Record<string, Entry[]> = {}
  for (const picture of task.pictures) {
    const { name, isList, required } = picture
    const value = params[name]
    delete params[name]
    const isLeftOut = !required && Array.isArray(value) && value.length === 0
    if (value === undefined || value === null || isLeftOut) {
      if (required) throw wrong(name, 'it is needed: give a picture of the archive')
      continue
    }
    if (Array.isArray(value) && !isList) throw wrong(name, 'it is one picture, and not a list')
    // Before each is looked for: a megabyte of names is a hundred thousand.
    const { most } = picturesTaken(task, picture)
    const all = Array.isArray(value) ? value : [value]
    if (all.length > most) throw wrong(name, `it takes at most ${most}, and ${all.length} are given`)
    const entries = []
    for (const one of all) entries.push(typeof one === 'string' ? await entryOf(laboratory, account, one) : one)
    pictures[name] = laboratory.checkEntries(name, entries)
  }
  return { params, pictures }
}

/**
 * The pictures as they are now.
 * @throws HttpError 400 `bad_params` where they are not there, not the account's, or not as many as are taken
 */
export async function resolved(
  laboratory: Pick<RunsLaboratory, 'resolve'>,
  account: string,
  task: Pick<Task, 'pictures' | 'schema'>,
  pictures: Record<string, Entry[]>,
): Promise<Record<string, InputFile[]>> {
  const files: Record<string, InputFile[]> = {}
  for (const picture of task.pictures) {
    const { name } = picture
    const entries = pictures[name]
    if (!entries) continue
    const found = await laboratory.resolve(account, name, entries)
    const fault = wrongPictures(task, picture, found)
    if (fault !== null) throw wrong(name, fault)
    files[name] = found
  }
  return files
}

/**
 * Whether pictures that whatever is run by itself is told can be given: those that are named are there, and no more than are
 * taken. What a query stands for is found out when it is run.
 * @param account of whoever will have it run
 * @throws HttpError 400 `bad_params`
 */
export async function checkPictures(
  laboratory: Pick<RunsLaboratory, 'checkEntries' | 'isThere' | 'resolve'>,
  account: string,
  task: Pick<Task, 'schema' | 'pictures'>,
  given: Record<string, unknown>,
): Promise<void> {
  // One that is needed and not given is the camera's.
  const pictures = task.pictures.map((picture) => ({ ...picture, required: false }))
  const asked = await askedOf(laboratory, account, { schema: task.schema, pictures }, given)
  for (const picture of pictures) {
    const entries = asked.pictures[picture.name]
    if (!entries) continue
    const named = entries.filter(({ query }) => query === undefined)
    const found = await laboratory.resolve(account, picture.name, named)
    const { most } = picturesTaken(task, picture)
    const fault = named.length < entries.length && found.length <= most ? null : wrongPictures(task, picture, found)
    if (fault !== null) throw wrong(picture.name, fault)
  }
}

/** What a text stands for: a frame or a file of the archive, else something of the account's own. */
async function entryOf(laboratory: Pick<RunsLaboratory, 'isThere'>, account: string, text: string): Promise<Entry> {
  const isOwn =
    !(await laboratory.isThere(account, 'archive', text)) && (await laboratory.isThere(account, 'datalab', text))
  return { source: isOwn ? 'datalab' : 'archive', basename: text }
}

function wrong(name: string, why: string) {
  return badRequest('bad_params', `${name}: ${why}`, `params.${name}`)
}
