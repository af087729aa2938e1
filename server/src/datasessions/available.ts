import { setTimeout as sleep } from 'node:timers/promises'
import { DetailError, FieldErrors } from './field-errors.ts'
import type { Operation } from './operation.ts'

/** Operations that others bring, as they are now: tasks of the tasks folder. They may be slow to tell. */
export interface External {
  list(): Promise<readonly Operation[]>
  /** @returns what is wrong with it, in words, where it is there and cannot be used */
  find(name: string): Promise<Operation | { broken: string } | undefined>
}

/** So long a list waits for others, and then has those that were known before. */
const LIST_MS = 5000
/** So long somebody waits who asks for one of them by its name. */
const FIND_MS = 20_000

export interface AvailableOptions {
  /** Milliseconds. */
  listMs?: number
  findMs?: number
}

/** Which operations may be asked for: those of ajar, and those that come and go while it runs. Ours go first. */
export class Available {
  /** Those of ajar. */
  readonly own: readonly Operation[]
  readonly #external: External | null
  readonly #listMs: number
  readonly #findMs: number
  #known: readonly Operation[] = []
  /** What is asked of others now: it never rejects. */
  #asking: { since: number; done: Promise<void> } | null = null
  #askedNext: Promise<void> | null = null

  constructor(own: readonly Operation[], external: External | null = null, options: AvailableOptions = {}) {
    this.own = own
    this.#external = external
    this.#listMs = options.listMs ?? LIST_MS
    this.#findMs = options.findMs ?? FIND_MS
  }

  /** All of them. Others that do not tell in time are those that they were when they told last. */
  async list(): Promise<Operation[]> {
    if (this.#external) await this.#asNow(this.#external)
    return [...this.own, ...this.#known.filter(({ name }) => !this.#ofOwn(name))]
  }

  /** @throws FieldErrors where there is one that cannot be used; DetailError 503 where others do not tell */
  async find(name: string): Promise<Operation | undefined> {
    const own = this.#ofOwn(name)
    if (own || !this.#external) return own
    const found = await within(this.#findMs, this.#external.find(name))
    if (found === LATE)
      throw new DetailError(
        503,
        `The tasks folder does not say whether there is a task ${name}: ask again in a moment.`,
      )
    if (found && 'broken' in found)
      throw new FieldErrors({ name: [`The task ${name} cannot be used until it is mended: ${found.broken}`] })
    return found
  }

  #ofOwn(name: string): Operation | undefined {
    return this.own.find((operation) => operation.name === name)
  }

  /** Waits until `#known` is no older than this call, or for as long as a list may wait. */
  async #asNow(external: External) {
    const asking = this.#asking
    // Nobody waits again for those who let others wait in vain.
    if (asking && performance.now() - asking.since > this.#listMs) return
    await within(this.#listMs, asking ? this.#afterwards(external, asking.done) : this.#ask(external))
  }

  /** What is asked now may have been told already when the call came: they are asked once more, for all who wait. */
  #afterwards(external: External, done: Promise<void>): Promise<void> {
    this.#askedNext ??= done.then(() => {
      this.#askedNext = null
      return this.#ask(external)
    })
    return this.#askedNext
  }

  #ask(external: External): Promise<void> {
    const ask = async () => {
      // Who cannot tell now has told before.
      this.#known = await external.list().catch(() => this.#known)
      this.#asking = null
    }
    const done = ask()
    this.#asking = { since: performance.now(), done }
    return done
  }
}

const LATE = Symbol('late')

async function within<T>(ms: number, work: Promise<T>): Promise<T | typeof LATE> {
  const done = new AbortController()
  try {
    return await Promise.race([work, sleep(ms, LATE, { signal: done.signal, ref: false })])
  } finally {
    done.abort()
  }
}
