import type { JobRow } from '../database/schema.ts'
import type { Doable, JobContext } from './handlers.ts'
import { afterError, doneWith, type Outcome, type Stop } from './outcome.ts'

/** A handler that has not ended so long after its signal is not waited for; a job worker that hangs is given up sooner. */
const GRACE_MS = 10_000

export interface AttemptPorts {
  now(): number
  random(): number
  report(phase: string, progress: number): void
  say: JobContext['log']
  /** Told what goes on, which is said in the job's log. */
  tell: JobContext['log']
  graceMs?: number | undefined
}

/** One attempt at a job: begun once, ended at the latest a grace after it was told to. What it says after that is nothing. */
export class Attempt {
  readonly job: JobRow
  readonly kind: Doable
  readonly #controller = new AbortController()
  #stop: Stop | null = null
  #isOver = false
  #work: Promise<unknown> = Promise.resolve()

  constructor(job: JobRow, kind: Doable) {
    this.job = job
    this.kind = kind
  }

  /** Tells it to end. The first reason counts. */
  stop(why: Stop) {
    this.#stop ??= why
    this.#controller.abort()
  }

  /** Resolves when the handler has really ended, which may be long after it was given up. */
  get ended(): Promise<void> {
    return this.#work.then(
      () => {},
      () => {},
    )
  }

  /** @param job its row as it was begun */
  async run(job: JobRow, ports: AttemptPorts): Promise<Outcome> {
    const { signal } = this.#controller
    const givenUp = Promise.withResolvers<never>()
    let grace: NodeJS.Timeout | undefined
    const onAbort = () => {
      grace = setTimeout(() => {
        ports.tell('error', 'its handler does not stop and is not waited for; jobs of its camera wait until it does')
        givenUp.reject(new Error('the handler does not stop'))
      }, ports.graceMs ?? GRACE_MS)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const limit = setTimeout(() => this.stop('timeout'), this.kind.timeLimitMs)
    try {
      if (signal.aborted) throw new Error('it was stopped while it began')
      const work = this.#begin(job, ports)
      this.#work = work
      return doneWith(await Promise.race([work, givenUp.promise]))
    } catch (error) {
      return afterError(job, this.kind, error, this.#stop, ports)
    } finally {
      this.#isOver = true
      clearTimeout(limit)
      clearTimeout(grace)
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #begin({ id, camera, owner, params_json }: JobRow, { report, say }: AttemptPorts): Promise<object> {
    const params = JSON.parse(params_json)
    return this.kind.run({
      ...{ id, camera, params, signal: this.#controller.signal },
      owner: owner ?? params.author ?? 'ajar',
      report: (phase, progress) => {
        if (!this.#isOver) report(phase, progress)
      },
      log: (level, text, at) => {
        if (!this.#isOver) say(level, text, at)
      },
    })
  }
}
