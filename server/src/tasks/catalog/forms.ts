import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { UNTRUSTED } from '../untrusted/seen.ts'
import { fileNow, inBatches, type Look } from './identity.ts'

/** What is or wants to be a task, as it lies in the folder. */
export interface Form {
  name: string
  /** Its file, or its folder with a slash; from the tasks folder. */
  source: string
  /** Null: its manifest says what is run. */
  program: { kind: 'typescript' | 'python' | 'script'; path: string } | null
  manifest: string | null
  /** All that it consists of, as far as that shows from outside. */
  files: string[]
  /** Why it is none. */
  error: string | null
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,59}$/
const NAME_RULE = 'a letter first, then letters, digits, _ and -, 60 at most'
const MANIFEST = '.task.json'
const KINDS = { '.ts': 'typescript', '.py': 'python', '.sh': 'script' } as const
/** In the folder of a task. */
const OWN_MANIFEST = 'task.json'
const PROGRAMS = ['task.ts', 'task.py', 'task.sh', 'task']
const MOST_FILES = 1000
const MOST_LEVELS = 8

/** Whether a file without an ending of ours is to be run: looked into once, and remembered by whoever hands this in. */
export type Runnable = (path: string, identity: string, isExecutable: boolean) => Promise<boolean>

/** How one scan looks at files. */
export interface Scan {
  look: Look
  isRunnable: Runnable
}

/** Whether it is the name of a task. */
export function isTaskName(name: string): boolean {
  return NAME.test(name)
}

/**
 * What lies in a folder of tasks; of it what has `only` as its name, where that is said. A folder that is not there is empty.
 * @throws Error of the file system where it cannot be read
 */
export async function formsIn(folder: string, scan: Scan, only?: string): Promise<Form[]> {
  const byName = new Map<string, Dirent[]>()
  for (const entry of await entriesOf(folder)) {
    const name = nameOf(entry.name)
    if (name === '' || (only !== undefined && name !== only)) continue
    byName.set(name, [...(byName.get(name) ?? []), entry])
  }
  const forms = await inBatches([...byName], ([name, entries]) => formOf(folder, name, entries, scan))
  return forms.filter((form) => form !== null).sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Empty: nothing of that name is ever a task. */
function nameOf(file: string): string {
  if (/^[_.]/.test(file) || file === 'node_modules' || file === UNTRUSTED || /\.(test|d)\.ts$/.test(file)) return ''
  return file.endsWith(MANIFEST) ? file.slice(0, -MANIFEST.length) : basename(file, extname(file))
}

/** @returns null where none of what has this name is a task */
async function formOf(folder: string, name: string, entries: Dirent[], scan: Scan): Promise<Form | null> {
  const found = await Promise.all(entries.map((entry) => claimOf(folder, name, entry, scan)))
  const claims = found.filter((one) => one !== null)
  const manifest = claims.find(({ is }) => is === 'manifest')
  const others = claims.filter(({ is }) => is === 'other')
  let tasks = claims.filter(({ is }) => is === 'task')
  // A manifest makes a task of the one file beside it, whatever that is.
  if (tasks.length === 0 && manifest && NAME.test(name))
    tasks = others.length === 1 ? others : [{ ...manifest, is: 'task', program: null }]
  const [task, ...more] = tasks
  if (!task) return null
  if (more.length > 0) {
    const sources = tasks.map(({ source }) => source).sort()
    const error = `${name} is there in ${tasks.length} forms, ${sources.join(' and ')}: leave one of them.`
    return { name, source: sources.join(', '), program: null, manifest: null, files: [], error }
  }
  const { source, program, files, error } = task
  const both =
    manifest && task.manifest && `${manifest.source} and ${source}${OWN_MANIFEST} both speak of it: leave one.`
  const bad = NAME.test(name) ? null : `${JSON.stringify(name)} is no name for a task: ${NAME_RULE}. Rename ${source}.`
  return {
    ...{ name, source, program, error: bad ?? error ?? (both || null) },
    manifest: manifest?.files[0] ?? task.manifest,
    files: [...new Set([...files, ...(manifest?.files ?? [])])],
  }
}

/** One entry of the folder, and what it is to the task of its name. */
interface Claim extends Pick<Form, 'source' | 'program' | 'manifest' | 'files' | 'error'> {
  is: 'task' | 'manifest' | 'other'
}

async function claimOf(folder: string, name: string, entry: Dirent, scan: Scan): Promise<Claim | null> {
  const path = join(folder, entry.name)
  const ending = extname(entry.name)
  const kind = KINDS[ending as keyof typeof KINDS]
  const claim = { source: entry.name, manifest: null, files: [path], error: null }
  if (entry.name.endsWith(MANIFEST)) return { ...claim, is: 'manifest', program: null }
  const now = await scan.look(path)
  if (now?.isFolder) return folderClaim(path, `${entry.name}/`, scan)
  if (kind === 'script' && !NAME.test(name)) return null
  if (kind) {
    // Deleted since the folder was read, or a link that leads nowhere.
    if (!now && !entry.isSymbolicLink()) return null
    const error = now?.isFile ? null : `${entry.name} is ${now ? 'no file' : 'a link that leads nowhere'}.`
    return { ...claim, is: 'task', program: { kind, path }, error }
  }
  if (!now?.isFile || !NAME.test(name)) return null
  const is = (await scan.isRunnable(path, now.identity, now.isExecutable)) ? 'task' : 'other'
  return { ...claim, is, program: { kind: 'script', path } }
}

/** A folder is a task where a manifest or a program of the right name lies in it. */
async function folderClaim(folder: string, source: string, scan: Scan): Promise<Claim | null> {
  const claim = { source, program: null, manifest: null, files: [], is: 'task' as const }
  let names: Set<string>
  try {
    names = new Set((await entriesOf(folder)).map(({ name }) => name))
  } catch {
    // Whether it is a task cannot be known, so it is no broken one.
    return null
  }
  const programs = PROGRAMS.filter((name) => names.has(name))
  const manifest = names.has(OWN_MANIFEST) ? join(folder, OWN_MANIFEST) : null
  if (programs.length === 0 && !manifest) return null
  const [program, ...more] = programs
  if (more.length > 0)
    return {
      ...claim,
      error: `${programs.map((one) => source + one).join(' and ')} are both there: leave one of them.`,
    }
  const path = program && join(folder, program)
  const files: string[] = []
  if (!(await collect(folder, files, 0)))
    return {
      ...claim,
      error: `${source} holds more than ${MOST_FILES} files: put data under a name that begins with a dot.`,
    }
  if (!path) return { ...claim, manifest, files, error: null }
  const kind = KINDS[extname(path) as keyof typeof KINDS] ?? 'script'
  const now = await scan.look(path)
  if (now && !now.isFile) return { ...claim, manifest, files, error: `${source}${program} is no file.` }
  if (kind !== 'script' || manifest || (now && (await scan.isRunnable(path, now.identity, now.isExecutable))))
    return { ...claim, program: { kind, path }, manifest, files, error: null }
  return extname(path) === '.sh' ? { ...claim, program: { kind, path }, files, error: null } : null
}

/** @returns false where there are too many */
async function collect(folder: string, into: string[], level: number): Promise<boolean> {
  for (const entry of await entriesOf(folder).catch(() => [])) {
    if (/^\.|^__pycache__$|^node_modules$/.test(entry.name)) continue
    const path = join(folder, entry.name)
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await fileNow(path))?.isFolder)
    if (!isFolder) into.push(path)
    if (into.length > MOST_FILES || (isFolder && level >= MOST_LEVELS)) return false
    if (isFolder && !(await collect(path, into, level + 1))) return false
  }
  return true
}
