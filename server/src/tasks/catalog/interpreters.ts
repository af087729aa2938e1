import { execFile } from 'node:child_process'
import { access, constants, readlink } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { identityOf } from './identity.ts'

/** What runs Python here. */
export interface Python {
  path: string
  version: string
}

const MOST_MS = 10_000
const MOST_KNOWN = 1000
/** Of Python 3: what our runner is written in. */
const LEAST_MINOR = 8
/** A version manager may have been told to take another one, which shows in no file of ours. */
const KEPT_MS = 60_000
const ASK = 'import sys; print(sys.executable); print(sys.version)'

/** Finds programs as a shell would, and knows which Python there is. */
export class Interpreters {
  readonly #path: string
  /** By program. */
  readonly #known = new Map<string, { identity: string; at: number; python: Promise<Python> }>()

  /** @param path as in PATH */
  constructor(path: string) {
    this.#path = path
  }

  /** The program of that name or path, or null. */
  async find(program: string): Promise<string | null> {
    if (program.includes('/')) return (await isExecutable(program)) ? program : null
    for (const folder of this.#path.split(delimiter).filter(Boolean))
      if (await isExecutable(join(folder, program))) return join(folder, program)
    return null
  }

  /**
   * Python itself, not a script that leads to it: that would be started with each call.
   * @param program a name or a path
   * @param whose words for who wants that one, as a clause; null: nobody wants another than the usual
   * @throws Error that says what to install, or to mend
   */
  async python(program = 'python3', whose: string | null = null): Promise<Python> {
    const name = whose === null ? program : `${program}, ${whose},`
    const found = await this.find(program)
    if (!found)
      throw new Error(
        whose === null
          ? `There is no ${program} here, which runs it: apt-get install ${program}`
          : `${name} is no program here: install it, or name another one.`,
      )
    const { identity } = await identityOf([found, await readlink(found).catch(() => found)])
    const known = this.#known.get(found)
    if (known && known.identity === identity && known.at + KEPT_MS >= Date.now()) return known.python
    if (this.#known.size >= MOST_KNOWN) this.#known.clear()
    const asked = { identity, at: Date.now(), python: this.#ask(found, whose === null ? found : name) }
    this.#known.set(found, asked)
    // What failed is asked again by the next one.
    asked.python.catch(() => {
      if (this.#known.get(found) === asked) this.#known.delete(found)
    })
    return asked.python
  }

  async #ask(found: string, name: string): Promise<Python> {
    let said: string
    try {
      said = (await promisify(execFile)(found, ['-c', ASK], { timeout: MOST_MS, killSignal: 'SIGKILL' })).stdout
    } catch (error) {
      throw new Error(`${name} does not run: ${(error as Error).message.trim()}`)
    }
    const [path = '', ...version] = said.trim().split('\n')
    const [, major, minor] = /^(\d+)\.(\d+)/.exec(version[0] ?? '') ?? []
    if (Number(major) !== 3 || Number(minor) < LEAST_MINOR)
      throw new Error(
        `${name} is ${major ? `Python ${major}.${minor}` : 'no Python'}: 3.${LEAST_MINOR} or later runs tasks.`,
      )
    return { path: path.startsWith('/') ? path : found, version: version.join(' ') }
  }
}

async function isExecutable(path: string) {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
