import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Catalog, type CatalogOptions } from '../src/tasks/catalog/catalog.ts'
import type { Limits, Task } from '../src/tasks/task.ts'
import { temporaryFolder, type Undo } from './temporary-folder.ts'

export const LIMITS: Limits = { ms: 60_000, memoryBytes: 1e9, processes: 64, outputBytes: 1e9 }

/** Debian's, which has numpy; tests may run where another Python goes before it. */
export const PATH = '/usr/bin:/bin'

/** Kept from run to run: most of what starting a TypeScript task takes. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.compiled-tasks-for-tests', import.meta.url))

/** A folder of tasks, and the catalog of it. */
export class TasksFolder {
  readonly folder: string
  readonly catalog: Catalog
  /** For what calls leave behind. */
  readonly #scratch: string

  private constructor(folder: string, scratch: string, options: Partial<CatalogOptions>) {
    this.folder = folder
    this.#scratch = scratch
    this.catalog = new Catalog({
      ownFolder: folder,
      folder: join(scratch, 'none'),
      limits: LIMITS,
      path: PATH,
      compiledFolder: COMPILED,
      listMs: 60_000,
      ...options,
    })
  }

  static async open(undo: Undo, files: Record<string, string> = {}, options: Partial<CatalogOptions> = {}) {
    const tasks = new TasksFolder(await temporaryFolder(undo), await temporaryFolder(undo), options)
    for (const [path, text] of Object.entries(files)) tasks.write(path, text)
    return tasks
  }

  /** @param path from the folder; what begins with `#!` is made executable */
  write(path: string, text: string | Uint8Array): string {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    if (typeof text === 'string' && text.startsWith('#!')) chmodSync(file, 0o755)
    return file
  }

  /** @throws Error where it is broken or not there */
  async task(name: string): Promise<Task> {
    const found = await this.catalog.find(name)
    if (!found || !('command' in found)) throw new Error(found ? found.error : `there is no ${name}`)
    return found
  }

  /** Why it cannot be called. */
  async error(name: string): Promise<string | undefined> {
    const found = await this.catalog.find(name)
    return found && 'error' in found ? found.error : undefined
  }

  async names() {
    const { tasks, broken } = await this.catalog.list()
    return { tasks: tasks.map(({ name }) => name), broken: broken.map(({ name }) => name) }
  }

  /** Runs it as a launcher does. */
  async call(name: string, params: unknown = null, more: string[] = []): Promise<Called> {
    return callTask((await this.task(name)).command, name, params, this.#scratch, more)
  }
}

export interface Called {
  code: number
  stdout: string
  stderr: string
  /** What stands after the separator. */
  status: { outfile?: string; error?: string }
  /** What its result holds; of JSON the value. */
  result: unknown
  /** Its working directory. */
  work: string
}

/** Knows nothing but WIRE.md B. @param params null: there are none; a text is written as it is */
export async function callTask(
  command: readonly string[],
  name: string,
  params: unknown,
  scratch: string,
  more: string[] = [],
): Promise<Called> {
  const work = await mkdtemp(join(scratch, 'work-'))
  const out = await mkdtemp(join(scratch, 'out-'))
  const [program = '', ...first] = command
  const args = [...first, '-n', name, '-d', work, '-o', out, ...more]
  if (params !== null) {
    const file = join(work, 'params.json')
    writeFileSync(file, typeof params === 'string' ? params : JSON.stringify(params))
    args.push('-i', file)
  }
  const env = { PATH, HOME: work, TMPDIR: work, LANG: 'C.UTF-8', TZ: 'UTC' }
  const { code, stdout, stderr } = await new Promise<Pick<Called, 'code' | 'stdout' | 'stderr'>>((resolve) =>
    execFile(program, args, { cwd: work, env, maxBuffer: 64 << 20, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    ),
  )
  const separator = more[more.indexOf('-s') + 1] ?? '___TASK STATUS___'
  const lines = stdout.split('\n')
  const at = lines.findIndex((line) => line.includes(more.includes('-s') ? separator : '___TASK STATUS___'))
  const status = at === -1 ? {} : (JSON.parse(lines.slice(at + 1).join('')) as Called['status'])
  const text = status.outfile ? await readFile(status.outfile, 'utf8') : ''
  return { code, stdout, stderr, status, work, result: status.outfile?.endsWith('.json') ? JSON.parse(text) : text }
}
