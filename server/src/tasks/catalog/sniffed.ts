import type { Runnable } from './forms.ts'
import { startOf } from './script.ts'

const MOST_REMEMBERED = 20_000

/** Which files without an ending of ours are programs, by their first bytes: looked at once as long as they are the same. */
export class Sniffed {
  readonly #known = new Map<string, boolean>()

  /**
   * Scripts that begin with `#!` and programs of this machine are; what is executable and has no ending wants to be. On volumes of
   * other systems pictures and tables are executable as well.
   */
  readonly isRunnable: Runnable = async (path, identity, isExecutable) => {
    const key = `${path} ${identity}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const is = await look(path, isExecutable)
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear()
    this.#known.set(key, is)
    return is
  }
}

async function look(path: string, isExecutable: boolean): Promise<boolean> {
  const wants = isExecutable && !/\.[^/]*$/.test(path)
  try {
    const { kind } = await startOf(path)
    return kind === 'script' || (kind === 'program' && isExecutable) || wants
  } catch {
    return wants
  }
}
