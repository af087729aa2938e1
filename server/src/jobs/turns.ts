import type { JobRow } from '../database/schema.ts'
import { accountOf } from './whose.ts'

/** Of so many accounts it is known when they had a turn: others had none for long. */
const MOST_KNOWN = 1000

/** Whose turn it is where many ask for more than can be done: who has much waiting does not keep others from a single thing. */
export class Turns {
  /** Accounts in the order in which they had their last turn. */
  readonly #had = new Set<string>()

  /**
   * @param waiting the longest first
   * @param running those that take the room now
   * @returns those that wait in the order in which they are to begin: of who has the fewest running, and whose turn is longest ago
   */
  order(waiting: readonly JobRow[], running: readonly JobRow[]): JobRow[] {
    const places = new Map([...this.#had].map((whose, place) => [whose, place]))
    const counts = new Map<string, number>()
    for (const job of running) counts.set(whoseOf(job), (counts.get(whoseOf(job)) ?? 0) + 1)
    const keyed = waiting.map((job) => {
      const whose = whoseOf(job)
      return { job, count: counts.get(whose) ?? 0, place: places.get(whose) ?? -1 }
    })
    return keyed.sort((a, b) => a.count - b.count || a.place - b.place).map(({ job }) => job)
  }

  /** That job begins. */
  take(job: JobRow) {
    const whose = whoseOf(job)
    this.#had.delete(whose)
    this.#had.add(whose)
    const [longestAgo] = this.#had
    if (this.#had.size > MOST_KNOWN && longestAgo !== undefined) this.#had.delete(longestAgo)
  }
}

/** What nobody called for takes turns as one account does. */
function whoseOf(job: JobRow): string {
  return accountOf(job) ?? ''
}
