import { stateOfFolder } from '@ajar/protocol'
import { isMark, reservedState } from '../../marks.ts'
import { ImportError, type ImportTask } from './import-messages.ts'
import { shown } from './zip.ts'

/** Which file of a zip says what. */
export interface Layout {
  /** Name of each picture in the zip, and what its folder says of it: a state or a mark. */
  pictures: Map<string, string>
  /** Name of the manifest of an export, or null. */
  manifest: string | null
  /** Files that are no pictures. */
  others: string[]
}

const PICTURE = /\.(jpe?g|png|webp)$/i
const MANIFEST = 'manifest.json'

/**
 * One folder per state, all at one depth; folders above them are common to all.
 * @throws ImportError `no_pictures`, `bad_layout`
 */
export function layoutOf(files: string[]): Layout {
  const paths = files.map((file) => ({ file, parts: file.split('/').filter((part) => part !== '.' && part !== '') }))
  const inFolders = paths.filter(({ file }) => PICTURE.test(file))
  const [first] = inFolders
  if (!first)
    throw new ImportError('no_pictures', 'there is no picture in the zip: one folder per state with JPEGs is expected')
  const above = first.parts.slice(0, -2)
  for (const { file, parts } of inFolders) {
    if (parts.length < 2)
      throw new ImportError('bad_layout', `${shown(file)} lies in no folder: put it into one named after its state`)
    if (parts.length !== first.parts.length || above.some((part, i) => parts[i] !== part))
      throw new ImportError(
        'bad_layout',
        `${shown(first.file)} and ${shown(file)} do not lie side by side: one folder per state is expected, and no others in these`,
      )
  }
  const manifest = paths.find(({ parts }) => parts.join('/') === [...above, MANIFEST].join('/'))?.file ?? null
  return {
    pictures: statesOf(inFolders.map(({ file, parts }) => ({ file, folder: parts.at(-2) ?? '' }))),
    manifest,
    others: files.filter((file) => !PICTURE.test(file) && file !== manifest),
  }
}

function statesOf(pictures: { file: string; folder: string }[]): Map<string, string> {
  const folders = new Map<string, string>()
  const states = new Map<string, string>()
  for (const { file, folder } of pictures) {
    const state = stateOfFolder(folder)
    if (state === null)
      throw new ImportError('bad_layout', `the folder ${shown(folder)} cannot name a state: letters and digits can`)
    const other = folders.get(state) ?? folder
    if (other !== folder)
      throw new ImportError('bad_layout', `the folders ${shown(other)} and ${shown(folder)} name the same state`)
    const reserved = isMark(state) ? null : reservedState(state)
    if (reserved !== null) throw new ImportError('bad_layout', `the folder ${shown(folder)}: ${reserved}`)
    folders.set(state, folder)
    states.set(file, state)
  }
  return states
}

/** Of a source; `camera-body.ts` says so too. */
const MOST_STATES = 32

/**
 * The states that the source has once all of the file is in.
 * @param named those that the file names @param task states that it has; where it has none, those of the file become its states
 * @throws ImportError `unknown_state`, `too_many_states`
 */
export function statesAfter(
  named: Iterable<string>,
  { states: known, addStates }: Pick<ImportTask, 'states' | 'addStates'>,
  noun: 'camera' | 'sensor',
): string[] {
  const fresh = [...new Set(named)].filter((state) => !isMark(state) && !known.includes(state)).sort(inOrder)
  if (fresh.length > 0 && known.length > 0 && !addStates) {
    const names = noun === 'camera' ? 'folders' : 'labels'
    throw new ImportError(
      'unknown_state',
      `the ${noun} has no state ${fresh.join(', ')}; its states are ${known.join(', ')}: rename the ${names}, or import with states=add`,
    )
  }
  const states = [...known, ...fresh]
  if (states.length > MOST_STATES)
    throw new ImportError(
      'too_many_states',
      `the ${noun} would have ${states.length} states, ${MOST_STATES} are possible`,
    )
  return states
}

/** Numbers by their size, and before words. */
function inOrder(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
