import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { Events } from '../../database/events.ts'
import type { EventRow } from '../../database/schema.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { FitsFile, FitsFolder } from '../sources/fits-folder.ts'
import { basenameOfFrame } from '../sources/frame-source.ts'

export interface NewPicturesPorts {
  database: StateDatabase
  events: Pick<Events, 'subscribe'>
  /** Whether what has results also has pictures: sensors and doors have none. */
  isCamera(source: string): boolean
  fits: Pick<FitsFolder, 'list' | 'header'> | null
  /** Whether a picture is still there. */
  isThere(basename: string): Promise<boolean>
  /** Milliseconds UTC. */
  now(): number
}

/** A picture that came in. */
export interface NewPicture {
  basename: string
  /** When it was there for everybody, milliseconds UTC; each later one has a higher number, whatever the clock does. */
  timestamp: number
}

/** A file that changed within that time may still be written. */
const QUIET_MS = 2000
/** So often is looked for files while somebody waits. */
const LOOK_MS = 1000
/** Purges and people take away more than the newest. */
const MOST_KEPT = 1000

/** Which picture came in last: frames as they are classified, FITS files as they are found whole. */
export class NewPictures {
  readonly #ports: NewPicturesPorts
  /** In the order in which they came; the last few, for the newest may go again. */
  #came: NewPicture[] = []
  #looking: Promise<void> | null = null
  /** Fingerprints of the files that were told of; null before the first look. */
  #known: Set<string> | null = null
  #changed = Promise.withResolvers<void>()
  #unsubscribe = () => {}
  #isClosed = false

  constructor(ports: NewPicturesPorts) {
    this.#ports = ports
  }

  /** From here on it sees what comes. */
  async start() {
    this.#unsubscribe = this.#ports.events.subscribe((rows) => this.#see(rows))
    const { rows } = await sql<{ camera: string; at: number; since: number }>`
      select f.camera, f.captured_at as at, f.recorded_at as since from cameras c
        join frames f on f.camera = c.id and f.captured_at = (
          select max(captured_at) from frames where camera = c.id and outcome = 'classified')
       where c.kind = 'camera'
       order by f.recorded_at desc limit 1`.execute(this.#ports.database.read)
    const [last] = rows
    if (last) this.#note(basenameOfFrame({ camera: last.camera, capturedAt: last.at }), last.since)
  }

  /** Whoever waits is told that there is nothing. */
  close() {
    this.#isClosed = true
    this.#unsubscribe()
    this.#changed.resolve()
  }

  /**
   * The newest picture that is still there, where it came after `since`.
   * @param waitMs for how long one is waited for
   * @param signal ends the wait
   */
  async after(since: number, waitMs: number, signal: AbortSignal): Promise<NewPicture | null> {
    const until = performance.now() + waitMs
    for (;;) {
      const { promise } = this.#changed
      // One look for all who wait.
      this.#looking ??= this.#look().finally(() => {
        this.#looking = null
      })
      await this.#looking
      const newest = await this.#newestThere()
      if (newest && newest.timestamp > since) return newest
      const leftMs = until - performance.now()
      if (leftMs <= 0 || signal.aborted || this.#isClosed) return null
      const pause = new AbortController()
      const waited = sleep(Math.min(leftMs, LOOK_MS), undefined, { signal: AbortSignal.any([signal, pause.signal]) })
      await Promise.race([promise, waited.catch(() => {})])
      pause.abort()
    }
  }

  async #newestThere(): Promise<NewPicture | null> {
    for (;;) {
      const newest = this.#came.at(-1)
      if (!newest || (await this.#ports.isThere(newest.basename))) return newest ?? null
      this.#came = this.#came.filter((one) => one !== newest)
    }
  }

  #see(rows: readonly EventRow[]) {
    for (const { kind, data_json, at } of rows.toReversed()) {
      if (kind !== 'result') continue
      const [device, name, capturedAt] = String(JSON.parse(data_json).frame).split('/')
      const camera = `${device}/${name}`
      if (!this.#ports.isCamera(camera)) continue
      return this.#note(basenameOfFrame({ camera, capturedAt: Number(capturedAt) }), at)
    }
  }

  /** Files that were there before the first look came when they were changed last. */
  async #look() {
    const { fits, now } = this.#ports
    if (!fits) return
    const files = await fits.list(LOOK_MS)
    const known = this.#known
    const fresh = files.filter((file) => !known?.has(file.fingerprint))
    const whole: FitsFile[] = []
    for (const file of fresh)
      if (!known || (file.changedAt <= now() - QUIET_MS && (await fits.header(file)))) whole.push(file)
    this.#known = new Set(files.filter((file) => !fresh.includes(file) || whole.includes(file)).map(toFingerprint))
    const inOrder = whole.sort((a, b) => a.changedAt - b.changedAt)
    if (known) for (const { basename } of inOrder) this.#note(basename, now())
    else {
      const old = inOrder.map(({ basename, changedAt }) => ({ basename, timestamp: changedAt }))
      this.#came = [...this.#came, ...old].sort((a, b) => a.timestamp - b.timestamp).slice(-MOST_KEPT)
    }
  }

  #note(basename: string, at: number) {
    const timestamp = Math.max(at, (this.#came.at(-1)?.timestamp ?? 0) + 1)
    this.#came = [...this.#came, { basename, timestamp }].slice(-MOST_KEPT)
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}

function toFingerprint({ fingerprint }: FitsFile): string {
  return fingerprint
}
