import type { JobRow } from '../database/schema.ts'
import type { Component, Log } from '../logging/levels.ts'
import type { Attempt } from './attempt.ts'
import type { LineLevel } from './handlers.ts'
import type { JobRows } from './job-rows.ts'
import type { JobKind } from './kinds.ts'
import type { JobLines } from './lines.ts'
import { failedWith, type Outcome } from './outcome.ts'

/** What every job is done with. */
export interface Surroundings {
  logOf(component: Component): Pick<Log, LineLevel>
  /** Milliseconds UTC; may jump either way when somebody sets it. */
  now(): number
  /** 0..1 */
  random(): number
  /** For tests: how long a handler may take to stop. */
  graceMs?: number
}

export interface PerformingPorts extends Surroundings {
  rows: JobRows
  lines: JobLines
  isClosing(): boolean
}

const REPORT_MS = 100

/** What becomes of a job that was chosen, in its row and in its log. */
export class Performing {
  readonly #ports: PerformingPorts

  constructor(ports: PerformingPorts) {
    this.#ports = ports
  }

  /** From its begin to what came of it, which stands in its row then. */
  async perform(attempt: Attempt) {
    const { job, kind } = attempt
    const { id, camera } = job
    const { rows, lines, logOf, now, random, graceMs } = this.#ports
    const starts = job.starts + 1
    await lines.open(id)
    const begin = { state: 'running', started_at: now(), progress: 0, phase: null, error_json: null, starts } as const
    if (!(await rows.change(id, begin))) return // cancelled an instant before
    lines.tell(id, 'info', beginOf(kind, starts))
    const reports = this.#reportsOf(id, starts)
    const tell = (level: LineLevel, text: string) => {
      lines.tell(id, level, text)
      if (level !== 'info') logOf('jobs').warn({ job: id, camera }, `${kind.title}: ${text}`)
    }
    const outcome = await attempt.run(
      { ...job, starts },
      {
        ...{ now, random, graceMs, tell },
        report: reports.report,
        say: (level, text, at) => {
          lines.say(id, level, text, at)
          // Who does it for us says it in a log of his own.
          if (!kind.isFollowed) logOf(kind.component)[level]({ job: id, camera }, text)
        },
      },
    )
    await reports.written()
    tell(outcome.line.level, outcome.line.text)
    await this.#settle(id, outcome)
  }

  /** Writes what came of a job, its lines first: who sees that it ended finds them. */
  async #settle(id: string, { change }: Outcome) {
    const { rows, lines, now, isClosing } = this.#ports
    await lines.flush(id, { isOver: true })
    const ended = change.state === 'queued' ? {} : { finished_at: now() }
    await rows.settle(id, { ...change, ...ended }, isClosing)
  }

  /** A newer release asked for it, and the release before runs now. */
  async refuse({ id, kind }: JobRow) {
    const message =
      `this release of ajar does no jobs of kind ${kind}: a newer one was asked for it; ask again when ` +
      'that one runs'
    const outcome = failedWith({ code: 'unknown_kind', message })
    await this.#ports.lines.open(id)
    this.#ports.lines.tell(id, outcome.line.level, outcome.line.text)
    await this.#settle(id, outcome)
  }

  /** How far it is, as often as anybody can look at it. */
  #reportsOf(id: string, starts: number) {
    let reportedAt = Number.NEGATIVE_INFINITY
    let reporting: Promise<unknown> = Promise.resolve()
    return {
      report: (phase: string, progress: number) => {
        if (performance.now() - reportedAt < REPORT_MS) return
        reportedAt = performance.now()
        // Where the disk refuses, the next report tells more.
        reporting = this.#ports.rows.change(id, { phase, progress }, starts).catch(() => {})
      },
      written: () => reporting,
    }
  }
}

function beginOf({ isFollowed }: JobKind, starts: number): string {
  if (isFollowed) return 'the server follows it from here on'
  return starts === 1 ? 'began' : `began again, attempt ${starts}`
}
