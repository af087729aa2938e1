import { constants, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InputFile, OperationWork } from '../../datasessions/operation.ts'
import { keyOfPicture } from '../params/picture-number.ts'
import type { PictureParam } from '../task.ts'
import { endingOf } from './picture-ending.ts'

/** Within the work folder. */
const FOLDER = 'pictures'
const MOST_NAME = 100

type Work = Pick<OperationWork, 'bytes' | 'size' | 'takeRoom'>

/**
 * Puts the pictures of a task into its work folder, each as a file of its own that may be changed; one that is given more
 * than once is one file. Their bytes count as room that the laboratory takes, and not as what the task writes.
 * @param inputs by parameter, the pictures that were asked for
 * @returns by parameter, the path of the file, or the paths; parameters without a picture are absent
 * @throws Error `no_room`, `disk_full` before the first of them is written
 */
export async function givePictures(
  pictures: readonly PictureParam[],
  inputs: Record<string, unknown>,
  workFolder: string,
  work: Work,
): Promise<Record<string, string | string[]>> {
  const filesOf = ({ name }: PictureParam) => (inputs[name] ?? []) as InputFile[]
  const all = new Map(pictures.flatMap(filesOf).map((file) => [keyOfPicture(file), file]))
  let bytes = 0
  for (const file of all.values()) bytes += await work.size(file)
  work.takeRoom(bytes)
  const folder = join(workFolder, FOLDER)
  if (all.size > 0) await mkdir(folder, { recursive: true, mode: 0o700 })
  const taken = new Set<string>()
  const paths = new Map<string, string>()
  for (const [key, file] of all) paths.set(key, await give(file, folder, taken, work))
  return Object.fromEntries(
    pictures
      .map((picture) => [picture, filesOf(picture).map((file) => paths.get(keyOfPicture(file)) as string)] as const)
      .filter(([, given]) => given.length > 0)
      .map(([{ name, isList }, given]) => [name, isList ? given : (given[0] as string)]),
  )
}

async function give(file: InputFile, folder: string, taken: Set<string>, { bytes }: Work) {
  if (!('path' in file.at)) {
    const path = join(folder, freeName(file, '.jpg', taken))
    await writeFile(path, await bytes(file))
    return path
  }
  const path = join(folder, freeName(file, await endingOf(file.at.path), taken))
  await copyFile(file.at.path, path, constants.COPYFILE_FICLONE)
  return path
}

/** As the picture is called, for what a task says of it; of letters that make no trouble in a shell. */
function freeName({ basename }: InputFile, ending: string, taken: Set<string>): string {
  const plain =
    basename
      .replace(/[^A-Za-z0-9._-]+/g, '_')
      .replace(/^[.-]+/, '')
      .slice(0, MOST_NAME) || 'picture'
  for (let number = 1; ; number++) {
    const name = `${plain}${number === 1 ? '' : `-${number}`}${ending}`
    if (taken.has(name)) continue
    taken.add(name)
    return name
  }
}
