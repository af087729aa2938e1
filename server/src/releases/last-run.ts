import { stat } from 'node:fs/promises'
import type { HealthCheck } from '../observe/health.ts'
import type { Home } from './home.ts'
import { hasEnded, type Run, readRuns } from './run.ts'

const LOOK_MS = 5000
/** Then whoever wants to know has read of it. */
const NEWS_MS = 7 * 86_400_000

export interface LastRunPorts {
  home: Home | null
  /** Milliseconds UTC. */
  now(): number
}

/** How the last redeploy that switched anything ended, whoever asked for it: by HTTP, or at a terminal. */
export class LastRun {
  readonly #ports: LastRunPorts
  #run: Run | null = null
  #seen = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(ports: LastRunPorts) {
    this.#ports = ports
  }

  /** Looks now, and now and then. */
  async start() {
    if (!this.#ports.home) return
    await this.look()
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.start(), LOOK_MS)
  }

  close() {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async look() {
    const { home } = this.#ports
    if (!home) return
    // Each file there is replaced as a whole, which changes its folder.
    const changedAt = await stat(home.runs).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    )
    if (changedAt === this.#seen) return
    // What comes within the same tick of its clock would not show.
    this.#seen = Math.abs(Date.now() - changedAt) > LOOK_MS ? changedAt : 0
    // One that was refused has switched nothing: what the one before has come to still holds.
    const ended = (await readRuns(home)).filter((run) => hasEnded(run) && run.state !== 'refused')
    this.#run = ended.sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))[0] ?? null
  }

  /** Whether it went back, and that is news. */
  get wentBack(): boolean {
    const run = this.#run
    return run?.state === 'went_back' && this.#ports.now() - (run.endedAt ?? 0) < NEWS_MS
  }

  /**
   * A warning where it went back; an error where the release before does not answer well either, as the other checks say.
   * @param others what else is wrong
   */
  health(others: HealthCheck[]): HealthCheck[] {
    if (!this.#ports.home) return []
    const run = this.#run
    if (!run) return [{ name: 'redeploy', level: 'ok', text: 'there has been no redeploy' }]
    if (!this.wentBack) return [{ name: 'redeploy', level: 'ok', text: newsOf(run) }]
    const isBroken = run.answersAgain === false && others.some(({ level }) => level === 'error')
    return [{ name: 'redeploy', level: isBroken ? 'error' : 'warn', text: textOf(run) }]
  }
}

function newsOf({ state }: Run): string {
  return state === 'went_back' ? 'no redeploy went back within a week' : 'the last redeploy did not go back'
}

function textOf({ release, from, code, message, answersAgain }: Run): string {
  const before = from ?? 'the checkout'
  const why = message ?? code ?? 'it did not say why'
  return answersAgain === false
    ? `neither ${release} nor ${before}, which it went back to, answered well (${why}): see what else is wrong here, and the log`
    : `the last redeploy, of ${release}, went back to ${before} (${why}): deploy one that is mended`
}
