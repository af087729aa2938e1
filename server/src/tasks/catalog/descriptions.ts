import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { InTurn } from '../../in-turn.ts'
import type { Outcome } from './describe-task.ts'
import type { Form } from './forms.ts'
import { identityOf, type Look } from './identity.ts'

/** What is known of one task. */
interface Known {
  /** Its own files when this was begun. */
  begun: string
  /** All that it depends on, as it was described; null: being described, or so fresh that an edit might not show. */
  identity: string | null
  /** Null: it is gone. */
  outcome: Promise<Outcome | null>
  beside: string[]
  isDone: boolean
  /** When it may be otherwise though none of its files changed: a library was installed, the machine was too busy. */
  againAt: number
}

/** How one of a folder is looked at. */
export interface Sight {
  describe(form: Form): Promise<Outcome>
  /** As it lies in the folder now; undefined: it is gone. */
  formNow(name: string): Promise<Form | undefined>
}

const TRIES = 4
/** An editor empties a file before it writes it. */
const HALF_WRITTEN_MS = 100
const BROKEN_AGAIN_MS = 30_000

/** Remembers what tasks were found to be for as long as their files are the same ones, and describes them where that is over. */
export class Descriptions {
  readonly #known = new Map<string, Known>()
  // One core is left to what cannot wait.
  readonly #inTurn = new InTurn(Math.max(2, availableParallelism() - 1))

  /** What it is now. @param key the same for the same file of the same folder. @returns null where it is gone meanwhile */
  async of(key: string, form: Form, look: Look, sight: Sight): Promise<Outcome | null> {
    const known = this.#known.get(key)
    if (known && (await this.#isCurrent(known, form, look))) {
      if (known.againAt <= Date.now()) this.#again(key, known, form, sight)
      return known.outcome
    }
    const begun = (await identityOf(form.files)).identity
    // Others may have come first while we looked.
    const newer = this.#known.get(key)
    if (newer && newer !== known && newer.begun === begun && !newer.isDone) return newer.outcome
    const next = this.#begin(begun, form, sight)
    this.#known.set(key, next)
    return next.outcome
  }

  /** Forgets all whose keys begin so but these. */
  keep(prefix: string, keys: ReadonlySet<string>) {
    for (const key of this.#known.keys()) if (key.startsWith(prefix) && !keys.has(key)) this.#known.delete(key)
  }

  async #isCurrent(known: Known, form: Form, look: Look): Promise<boolean> {
    // What is under way looks again at its end whether its files are still those.
    if (!known.isDone) return (await identityOf(form.files, look)).identity === known.begun
    if (known.identity === null) return false
    return (await identityOf([...form.files, ...known.beside], look)).identity === known.identity
  }

  #begin(begun: string, form: Form, sight: Sight): Known {
    const known: Known = {
      begun,
      identity: null,
      beside: [],
      isDone: false,
      againAt: Number.POSITIVE_INFINITY,
      outcome: Promise.resolve(null),
    }
    known.outcome = this.#describe(known, form, sight).finally(() => {
      known.isDone = true
    })
    return known
  }

  async #describe(known: Known, first: Form, sight: Sight): Promise<Outcome | null> {
    let form = first
    for (let tries = 1; ; tries++) {
      const startedAt = Date.now()
      const before = await identityOf(form.files)
      const outcome = await this.#inTurn.run(() => sight.describe(form))
      const isBroken = 'error' in outcome
      const tookTooLong = isBroken && outcome.tookTooLong === true
      const isFresh = before.settlesAt > startedAt && !tookTooLong
      // Half of a file may have been read: an editor empties it first, a copy takes its time.
      if (isBroken && isFresh && tries < TRIES) await sleep(HALF_WRITTEN_MS)
      const after = await identityOf(form.files)
      const hasChanged = after.identity !== before.identity
      if (tries < TRIES && (hasChanged || (isBroken && isFresh))) {
        const now = await sight.formNow(form.name).catch(() => undefined)
        if (now?.source !== form.source) return null
        form = now
        continue
      }
      const all = await identityOf([...form.files, ...outcome.beside])
      known.beside = outcome.beside
      // What takes too long is not begun anew for whoever asks next: it is in a while, behind their backs.
      known.identity = (all.settlesAt > startedAt && !tookTooLong) || hasChanged ? null : all.identity
      if (isBroken) known.againAt = Date.now() + BROKEN_AGAIN_MS
      return outcome
    }
  }

  /** Behind the back of whoever asks, who is told what is known: loading it may take as long as it may. */
  #again(key: string, known: Known, form: Form, sight: Sight) {
    known.againAt = Number.POSITIVE_INFINITY
    const next = this.#begin(known.begun, form, sight)
    void next.outcome.then(() => {
      if (this.#known.get(key) === known) this.#known.set(key, next)
    })
  }
}
