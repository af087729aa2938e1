import type { InputFile } from '../../datasessions/operation.ts'
import type { PictureParam, Task } from '../task.ts'

/** Entries of a list that says nothing of its length; a query is one, and may stand for more pictures. */
const MOST_PICTURES = 999

/** How many entries a parameter takes where it is given, both inclusive; `mostFound`: pictures, once queries are frames. */
export function picturesTaken(
  { schema }: Pick<Task, 'schema'>,
  { name, isList }: Pick<PictureParam, 'name' | 'isList'>,
) {
  if (!isList) return { least: 1, most: 1, mostFound: 1, isUnique: false }
  const { minItems = 1, maxItems, uniqueItems = false } = declared(schema, name)
  const [most, mostFound] = [maxItems ?? MOST_PICTURES, maxItems ?? Number.POSITIVE_INFINITY]
  return { least: minItems, most, mostFound, isUnique: uniqueItems }
}

/** The same picture has the same one, however it was named. */
export function keyOfPicture({ at }: Pick<InputFile, 'at'>): string {
  return 'path' in at ? at.path : `${at.frame.camera}/${at.frame.capturedAt}`
}

/**
 * Whether a parameter takes so many pictures. Asked of each door to a task: calls, operations, schedules and triggers.
 * @returns what is wrong, in words, or null
 */
export function wrongPictures(
  task: Pick<Task, 'schema'>,
  param: Pick<PictureParam, 'name' | 'isList'>,
  pictures: readonly Pick<InputFile, 'at'>[],
): string | null {
  const { least, mostFound, isUnique } = picturesTaken(task, param)
  const { length } = pictures
  if (!param.isList && length !== 1) return `it is one picture, and ${length} are meant`
  if (length < least) return `it takes at least ${counted(least)}, and ${length} are meant`
  if (length > mostFound) return `it takes at most ${counted(mostFound)}, and ${length} are meant`
  return isUnique && new Set(pictures.map(keyOfPicture)).size < length ? 'it takes no picture twice' : null
}

function declared(schema: Task['schema'], name: string) {
  const properties = (schema?.properties ?? {}) as Record<string, unknown>
  const property = Object.hasOwn(properties, name) ? properties[name] : {}
  return property as { minItems?: number; maxItems?: number; uniqueItems?: boolean }
}

const counted = (count: number) => `${count} ${count === 1 ? 'picture' : 'pictures'}`
