import type { JobLineRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { LineLevel } from './handlers.ts'

/** What a job says beyond that is not kept. */
const MOST_LINES = 500
/** Left for how the job went, which is said last and is what people look for. */
const FOR_THE_END = 40
const MOST_CHARACTERS = 2000
/** Lines that come together are written together. */
const WRITE_MS = 200

export interface LinesPorts {
  /** Milliseconds UTC. */
  now(): number
  /** The text without secrets that are known. */
  clean(text: string): string
}

/** The lines of one job, from when it begins until the next one of its lane does: what it printed may come late. */
class OpenLog {
  readonly job: string
  isOver = false
  waiting: JobLineRow[] = []
  timer: NodeJS.Timeout | undefined
  #seq: number

  constructor(job: string, seq: number) {
    this.job = job
    this.#seq = seq
  }

  /** @returns whether it is kept */
  add(at: number, level: LineLevel, text: string, most: number): boolean {
    if (this.#seq >= most) return false
    const isLast = this.#seq === MOST_LINES - FOR_THE_END - 1 && most < MOST_LINES
    const said = isLast ? '(what the job says after this is not kept)' : text.slice(0, MOST_CHARACTERS)
    this.waiting.push({ job: this.job, seq: ++this.#seq, at, level: isLast ? 'warn' : level, text: said })
    return true
  }
}

/** What jobs had to say: a bounded number of lines each, and a copy of them in rows. */
export class JobLines {
  readonly #database: StateDatabase
  readonly #ports: LinesPorts
  readonly #open = new Map<string, OpenLog>()

  constructor(database: StateDatabase, ports: LinesPorts) {
    this.#database = database
    this.#ports = ports
  }

  /** Takes lines of that job from here on. */
  async open(job: string) {
    for (const log of this.#open.values())
      if (log.isOver && log.job !== job) {
        this.#open.delete(log.job)
        await this.#write(log)
      }
    const last = await this.#database.write
      .selectFrom('job_lines')
      .select(({ fn }) => fn.max('seq').as('seq'))
      .where('job', '=', job)
      .executeTakeFirst()
    const known = this.#open.get(job)
    if (known) known.isOver = false
    else this.#open.set(job, new OpenLog(job, last?.seq ?? 0))
  }

  /**
   * What the job's handler says, or its process; not kept where no such job is open, or where it has said too much.
   * @param at milliseconds UTC
   */
  say(job: string, level: LineLevel, text: string, at = this.#ports.now()) {
    this.#add(job, level, text, at, MOST_LINES - FOR_THE_END)
  }

  /** How the job goes: kept also where it has said too much itself. */
  tell(job: string, level: LineLevel, text: string) {
    this.#add(job, level, text, this.#ports.now(), MOST_LINES)
  }

  /** Writes what waits; the disk may refuse it, and then it is written with what comes next, or not at all. */
  async flush(job: string, { isOver = false } = {}) {
    const log = this.#open.get(job)
    if (!log) return
    log.isOver ||= isOver
    await this.#write(log)
  }

  /** @param after only lines with a higher `seq` */
  of(job: string, after: number): Promise<JobLineRow[]> {
    return this.#database.read
      .selectFrom('job_lines')
      .selectAll()
      .where('job', '=', job)
      .where('seq', '>', after)
      .orderBy('seq')
      .execute()
  }

  async close() {
    for (const log of this.#open.values()) await this.#write(log)
    this.#open.clear()
  }

  #add(job: string, level: LineLevel, text: string, at: number, most: number) {
    const log = this.#open.get(job)
    if (!log?.add(at, level, this.#ports.clean(text), most)) return
    log.timer ??= setTimeout(() => void this.#write(log), WRITE_MS)
  }

  async #write(log: OpenLog) {
    clearTimeout(log.timer)
    log.timer = undefined
    const rows = log.waiting
    if (rows.length === 0) return
    log.waiting = []
    try {
      await this.#database.write.insertInto('job_lines').values(rows).execute()
    } catch {
      log.waiting = [...rows, ...log.waiting]
    }
  }
}
