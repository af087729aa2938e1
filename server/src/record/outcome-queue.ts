import type { Kysely } from 'kysely'
import type { Classified } from '../classify/classifier.ts'
import type { CameraStateRow, StateTables } from '../database/schema.ts'
import { ThreadClosedError } from '../database/thread-calls.ts'
import { isDiskTrouble } from '../database/until-written.ts'
import type { RecorderPorts } from './recorder-ports.ts'

const BATCH = 128
const RETRY_MS = 500
/** Each transaction has a cost of its own, so there are at most fifty a second. */
const PACE_MS = 20

/** One transaction: later work in it sees what earlier work did. */
export interface Draft {
  transaction: Kysely<StateTables>
  /** What debounce remembers of the cameras that changed, on top of what is committed; null: the camera is gone. */
  memory: Map<string, CameraStateRow | null>
  /** Done once it is committed. */
  afterwards: (() => void)[]
}

interface Work {
  /** For whoever reads that it cannot be written. */
  name: string
  write(draft: Draft): Promise<void>
  resolve(): void
}

interface OutcomeQueuePorts extends Pick<RecorderPorts, 'database' | 'onHeld' | 'onFault'> {
  recordFrames(draft: Draft, batch: Classified[]): Promise<void>
  /** Called once it is committed. */
  makeKnown(draft: Draft): void
}

/**
 * What is to be written, in its order and many at a time. It waits while the disk refuses; what fails alone holds up
 * nothing else.
 */
export class OutcomeQueue {
  readonly #ports: OutcomeQueuePorts
  readonly #frames: { classified: Classified; resolve(recorded: boolean): void }[] = []
  readonly #chores: Work[] = []
  #running = false
  #loop: Promise<void> = Promise.resolve()
  #held: string | null = null
  #closing = false

  constructor(ports: OutcomeQueuePorts) {
    this.#ports = ports
  }

  /** Frames that are not written yet. */
  get waiting(): number {
    return this.#frames.length
  }

  get hasChores(): boolean {
    return this.#chores.length > 0
  }

  /** Why the disk refuses right now, or null. */
  get held(): string | null {
    return this.#held
  }

  /** @returns false where it cannot be written at all */
  record(classified: Classified): Promise<boolean> {
    return new Promise((resolve) => {
      this.#frames.push({ classified, resolve })
      this.#wake()
    })
  }

  /** Resolves when it is written, or left since it cannot be. */
  chore(name: string, write: Work['write']): Promise<void> {
    return new Promise((resolve) => {
      this.#chores.push({ name, write, resolve })
      this.#wake()
    })
  }

  /** A chore that somebody waits for. @throws where it cannot be written although the disk works */
  async care(name: string, write: Work['write']): Promise<void> {
    let written = false
    await this.chore(name, async (draft) => {
      await write(draft)
      draft.afterwards.push(() => {
        written = true
      })
    })
    if (!written) throw new Error(`${name} cannot be recorded: the server log says why`)
  }

  /** What the disk still refuses then is left. */
  async close() {
    this.#closing = true
    await this.#loop
  }

  #wake() {
    if (this.#running) return
    this.#running = true
    this.#loop = this.#run()
  }

  /** What fails without the disk being at fault is halved until the one item that fails stands alone. */
  async #run() {
    let most = BATCH
    while (this.#frames.length > 0 || this.#chores.length > 0) {
      const chores = this.#chores.slice(0, most)
      const frames = this.#frames.slice(0, most === 1 && chores.length > 0 ? 0 : most)
      const startedAt = performance.now()
      try {
        const draft = await this.#commit(frames, chores)
        this.#setHeld(null)
        this.#frames.splice(0, frames.length)
        this.#chores.splice(0, chores.length)
        this.#ports.makeKnown(draft)
        for (const { resolve } of frames) resolve(true)
        for (const { resolve } of chores) resolve()
        most = Math.min(2 * most, BATCH)
        await this.#pace(startedAt)
      } catch (error) {
        if (isDiskTrouble(error) || error instanceof ThreadClosedError) {
          this.#setHeld((error as Error).message)
          if (this.#closing) return // what is not recorded is still pending in the frames files
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        } else if (frames.length + chores.length === 1) this.#setAside(error as Error)
        else most = Math.max(1, Math.floor(Math.max(frames.length, chores.length) / 2))
      }
    }
    this.#running = false // in the same turn as the last look: what comes next starts the loop again
  }

  async #commit(frames: { classified: Classified }[], chores: Work[]): Promise<Draft> {
    return this.#ports.database.write.transaction().execute(async (transaction) => {
      const draft: Draft = { transaction, memory: new Map(), afterwards: [] }
      await this.#ports.recordFrames(
        draft,
        frames.map(({ classified }) => classified),
      )
      for (const chore of chores) await chore.write(draft)
      return draft
    })
  }

  /**
   * The first item fails alone: it holds up nothing else. A frame is skipped, or where not even that can be written,
   * left pending for the release that can: nothing more is tried with it before the next start.
   */
  #setAside(error: Error) {
    const chore = this.#chores.shift()
    if (chore) {
      this.#ports.onFault(chore.name, error)
      return chore.resolve()
    }
    const [first] = this.#frames
    if (!first) return
    const { frame, answer } = first.classified
    this.#ports.onFault(`the frame ${frame.camera}/${frame.capturedAt}`, error)
    if (answer.kind === 'skipped') this.#frames.shift()?.resolve(false)
    else first.classified = { ...first.classified, answer: { kind: 'skipped' } }
  }

  /** Under load, lets a few more outcomes join the next transaction. */
  async #pace(startedAt: number) {
    const left = startedAt + PACE_MS - performance.now()
    if (left > 0 && !this.#closing && this.#frames.length > 0) await new Promise((resolve) => setTimeout(resolve, left))
  }

  #setHeld(why: string | null) {
    const before = this.#held
    this.#held = why
    if ((why === null) !== (before === null)) this.#ports.onHeld(why)
  }
}
