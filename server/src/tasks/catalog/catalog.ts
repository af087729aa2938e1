import { dirname, join, sep } from 'node:path'
import type { BrokenTask, Limits, Task } from '../task.ts'
import { describeInBox } from '../untrusted/describe-in-box.ts'
import { UNTRUSTED } from '../untrusted/seen.ts'
import { readyCompiled } from './compiled.ts'
import { type Describing, describeTask } from './describe-task.ts'
import { Descriptions } from './descriptions.ts'
import { type Form, formsIn } from './forms.ts'
import { fileNow, type Look, lookOnce } from './identity.ts'
import { Interpreters } from './interpreters.ts'
import { Late } from './late.ts'
import { ownCodeHash } from './own-code.ts'
import { Sniffed } from './sniffed.ts'

export interface CatalogOptions {
  /** The operator's (AJAR_TASKS_DIR), or null. */
  ownFolder: string | null
  /** The one that comes with ajar, `server/tasks`. */
  folder: string
  /** Where a task says nothing else itself. */
  limits: Limits
  /** Where what Node makes of TypeScript tasks is kept, so that a call starts sooner; null: nowhere. */
  compiledFolder?: string | null
  /** Folders that are none of a task's business, as those of data and of backups. */
  hidden?: readonly string[]
  /** Names of what came with ajar in `folder`: all else there is the operator's. Left out: all of it came with ajar. */
  shipped?: ReadonlySet<string>
  /** Who describes tasks that nobody trusts, in a box; without it this process. */
  describeUntrusted?: typeof describeInBox
  /** Where programs are looked for; without it PATH. */
  path?: string
  /** How long loading a task may take before it counts as broken. */
  loadMs?: number
  /** How long a list waits for tasks that are being loaded. */
  listMs?: number
}

/** Loading a task is all that is done to describe it: what takes longer is at fault, or the machine is. */
const LOAD_MS = 10_000
const LIST_MS = 3000

interface Folder {
  path: string
  isOperators: boolean
  /** What lies there is run in boxes. */
  isUntrusted: boolean
}

/** Which tasks there are, as the folders are at each call. */
export class Catalog {
  readonly #options: CatalogOptions
  readonly #path: string
  readonly #interpreters: Interpreters
  readonly #descriptions = new Descriptions()
  /** Who waits for a box, or for who makes it, is in nobody's way who needs none. */
  readonly #ofUntrusted = new Descriptions()
  readonly #sniffed = new Sniffed()
  #isReady: Promise<void> | null = null

  constructor(options: CatalogOptions) {
    this.#options = options
    this.#path = options.path ?? process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin'
    this.#interpreters = new Interpreters(this.#path)
  }

  /**
   * By name; a task of the operator's stands in place of one of ajar's. One that takes long to load is listed as broken, as being
   * loaded; that goes on, and whoever asks for it alone waits for it.
   * @param waitMs so long it waits for such
   */
  async list(waitMs = this.#options.listMs ?? LIST_MS): Promise<{ tasks: Task[]; broken: BrokenTask[] }> {
    const found = new Map<string, Promise<Task | BrokenTask | undefined>>()
    const unreadable: BrokenTask[] = []
    const closed = new Set<string>()
    const look = lookOnce()
    const late = new Late(waitMs)
    for (const folder of this.#folders()) {
      try {
        const forms = await late.or(this.#forms(folder, look), () => {
          throw new Error('it takes too long.')
        })
        this.#descriptionsOf(folder).keep(prefixOf(folder), new Set(forms.map((form) => keyOf(folder, form))))
        for (const form of forms) {
          if (found.has(form.name)) continue
          const task = late.or(this.#taskOf(form, folder, look), () =>
            broken(form, this.#isOperators(form, folder), folder, BEING_LOADED),
          )
          task.catch(() => {}) // told below; the other folder may take its time until then
          found.set(form.name, task)
        }
      } catch (error) {
        // What is below one that cannot be read is told with that.
        if (!closed.has(dirname(folder.path))) unreadable.push(cannotBeRead(folder, error))
        closed.add(folder.path)
      }
    }
    const all = (await Promise.all(found.values())).filter((one) => one !== undefined)
    late.end()
    all.sort((a, b) => (a.name < b.name ? -1 : 1))
    return {
      tasks: all.filter((one) => 'command' in one),
      broken: [...unreadable, ...all.filter((one): one is BrokenTask => !('command' in one))],
    }
  }

  /** @returns undefined where there is none of that name; one that is broken says why */
  async find(name: string): Promise<Task | BrokenTask | undefined> {
    const look = lookOnce()
    for (const folder of this.#folders()) {
      try {
        const [form] = await this.#forms(folder, look, name)
        const found = form && (await this.#taskOf(form, folder, look))
        if (found) return found
      } catch (error) {
        // One of that name may lie there, and would go before ours.
        if (!folder.isUntrusted) return { ...cannotBeRead(folder, error), name }
      }
    }
    return undefined
  }

  #folders(): Folder[] {
    const { ownFolder, folder } = this.#options
    const ours = { path: folder, isOperators: false, isUntrusted: false }
    const own = ownFolder === null || ownFolder === folder ? [] : [{ ...ours, path: ownFolder, isOperators: true }]
    const trusted = [...own, ours]
    // The last ones: none of theirs stands in place of one that is trusted.
    const others = trusted.map(({ path }) => ({ path: join(path, UNTRUSTED), isOperators: true, isUntrusted: true }))
    return [...trusted, ...others]
  }

  #forms({ path }: Folder, look: Look, only?: string): Promise<Form[]> {
    return formsIn(path, { look, isRunnable: this.#sniffed.isRunnable }, only)
  }

  async #taskOf(form: Form, folder: Folder, look: Look): Promise<Task | BrokenTask | undefined> {
    const outcome = await this.#descriptionsOf(folder).of(keyOf(folder, form), form, look, {
      describe: async (now) => describeTask(now, await this.#describing(folder)),
      formNow: async (name) => (await this.#forms(folder, fileNow, name))[0],
    })
    if (outcome === null) return undefined
    const isOperators = this.#isOperators(form, folder)
    if ('task' in outcome) return { ...outcome.task, isOperators }
    return broken(form, isOperators, folder, outcome.error)
  }

  #descriptionsOf({ isUntrusted }: Folder): Descriptions {
    return isUntrusted ? this.#ofUntrusted : this.#descriptions
  }

  /** One's own may lie beside those of ajar. */
  #isOperators({ name }: Form, folder: Folder): boolean {
    return folder.isOperators || this.#options.shipped?.has(name) === false
  }

  async #describing({ path, isOperators, isUntrusted }: Folder): Promise<Describing> {
    const {
      limits,
      compiledFolder = null,
      loadMs = LOAD_MS,
      hidden = [],
      describeUntrusted = describeInBox,
    } = this.#options
    const trusted = this.#folders().filter((each) => !each.isUntrusted)
    const shown = [...trusted.map((each) => each.path), ...(compiledFolder ? [compiledFolder] : [])]
    this.#isReady ??= compiledFolder ? readyCompiled(compiledFolder) : Promise.resolve()
    await this.#isReady
    return {
      ...{ folder: path, isOperators, isUntrusted, describeUntrusted, limits, loadMs, compiledFolder },
      interpreters: this.#interpreters,
      view: { hidden, shown },
      runner: await ownCodeHash(),
      env: {
        ...{ PATH: this.#path, LANG: 'C.UTF-8', TZ: process.env.TZ ?? 'UTC' },
        ...(compiledFolder ? { NODE_COMPILE_CACHE: compiledFolder } : {}),
      },
    }
  }
}

function keyOf(folder: Folder, { source }: Form) {
  return prefixOf(folder) + source
}

/** None is the beginning of another one. */
function prefixOf({ path, isUntrusted }: Folder) {
  return `${isUntrusted ? UNTRUSTED : ''}:${path}${sep}`
}

const BEING_LOADED = 'It is being loaded, which takes long: a call of it waits for that; look again in a while.'

function broken({ name, source }: Form, isOperators: boolean, folder: Folder, error: string): BrokenTask {
  return { name, source, isOperators, ...(folder.isUntrusted && { untrusted: folder.path }), error }
}

function cannotBeRead({ path, isOperators }: Folder, error: unknown): BrokenTask {
  const why = `The folder of tasks ${path} cannot be read: ${(error as Error).message}`
  return { name: isOperators ? 'AJAR_TASKS_DIR' : 'tasks', source: '.', isOperators, error: why }
}
