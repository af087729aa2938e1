import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { stateOfFolder, timeInName } from '@ajar/protocol'

export interface Picture {
  path: string
  state: string
  /** Capture time, milliseconds UTC, where the file's name has one (yyyymmdd_hhmmss), else null. */
  capturedAtMs: number | null
}

/**
 * Reads a folder that holds one folder per state with JPEGs; file names sort by time.
 * @returns all pictures in order of time, whatever state they show
 * @throws Error that says what is missing
 */
export async function readPictureFolder(folder: string): Promise<Picture[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: Error) => {
    throw new Error(`the folder ${folder} cannot be read: ${error.message}`)
  })
  const pictures: Picture[] = []
  const states = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  for (const state of states) {
    const files = (await readdir(join(folder, state))).filter((name) => /\.jpe?g$/i.test(name))
    pictures.push(...files.map((name) => ({ path: join(folder, state, name), state, capturedAtMs: timeInName(name) })))
  }
  if (new Set(pictures.map(({ state }) => state)).size < 2)
    throw new Error(
      `${folder} needs at least two folders with JPEGs, each named after a state (for example day/ night/)`,
    )
  const named = new Map<string, string>()
  for (const { state } of pictures) {
    const other = named.get(stateName(state)) ?? state
    if (other !== state) throw new Error(`the folders ${other} and ${state} name the same state: rename one`)
    named.set(stateName(state), state)
  }
  return pictures.sort(byName)
}

/** The state that a folder's name stands for. @throws Error where it cannot */
export function stateName(folder: string): string {
  const name = stateOfFolder(folder)
  if (name === null) throw new Error(`the folder ${folder} cannot name a state: use letters, digits and hyphens`)
  return name
}

/**
 * Chooses the first `count` pictures of each state for teaching, never more than half of them.
 * @throws Error where a state has too few pictures
 */
export function chooseLabelled(pictures: Picture[], count: number): { labelled: Picture[]; others: Picture[] } {
  const labelled = new Set<Picture>()
  for (const state of new Set(pictures.map((picture) => picture.state))) {
    const ofState = pictures.filter((picture) => picture.state === state)
    if (ofState.length < 4) throw new Error(`${state} has ${ofState.length} pictures, at least 4 are needed`)
    for (const picture of ofState.slice(0, Math.min(count, Math.floor(ofState.length / 2)))) labelled.add(picture)
  }
  return { labelled: [...labelled].sort(byName), others: pictures.filter((picture) => !labelled.has(picture)) }
}

function byName(a: Picture, b: Picture): number {
  const [one, other] = [basename(a.path), basename(b.path)]
  return one < other ? -1 : one > other ? 1 : a.path < b.path ? -1 : 1
}
