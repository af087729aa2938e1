import { type Log, worthALine } from '../log.ts'

/** What is wrong with the disk under the outbox, as the log and the status say it. */
export class Trouble {
  readonly #log: Log
  readonly #onChange: () => void
  #refused = 0
  #unwritten: string | null = null
  #short: string | null = null

  constructor(log: Log, onChange: () => void) {
    this.#log = log
    this.#onChange = onChange
  }

  /** In words, or null. */
  get fault(): string | null {
    return this.#unwritten ?? this.#short
  }

  /** An item could not be kept. */
  refused(reason: string, advice: string): void {
    this.#refused++
    if (worthALine(this.#refused)) {
      this.#log.warn(`${this.#refused} items could not be kept so far (${reason}): ${advice}`)
    }
    this.#set(() => {
      this.#unwritten = `disk: what is taken cannot be kept, and only the newest is sent (${reason}): ${advice}`
    })
  }

  /** An item could be written. */
  wrote(): void {
    this.#set(() => {
      this.#unwritten = null
    })
  }

  /** Why too little of the disk is free, or null where there is enough. */
  short(why: string | null): void {
    this.#set(() => {
      this.#short =
        why === null ? null : `disk: ${why}: free some space; until then only the last few that wait are kept`
    })
  }

  /** Told where there is trouble, or none any more; figures change all the time. */
  #set(change: () => void): void {
    const before = this.fault !== null
    change()
    if ((this.fault !== null) !== before) this.#onChange()
  }
}
