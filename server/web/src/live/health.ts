import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { HealthCheckBody } from '../api/bodies.ts'
import { getHealth } from '../api/client.ts'

const POLL_MS = 15_000
/** A server that hangs takes calls and answers none. */
const ANSWER_MS = 10_000

/** What the server finds wrong with itself and with what it needs. No event tells of it, so it is asked. */
export class Health {
  readonly #checks = signal<HealthCheckBody[] | null>(null)
  #asking: ReturnType<typeof setInterval> | undefined
  #ending = new AbortController()
  /** One call at a time. */
  #isAsked = false

  /** All there is to say, what is well too; null until the server has said. */
  readonly checks: ReadonlySignal<HealthCheckBody[] | null> = this.#checks
  /** What stops something. */
  readonly errors = computed(() => this.#of('error'))
  readonly warnings = computed(() => this.#of('warn'))

  start() {
    this.#ending = new AbortController()
    this.#asking = setInterval(() => void this.ask(), POLL_MS)
    document.addEventListener('visibilitychange', () => void this.ask(), { signal: this.#ending.signal })
  }

  stop() {
    clearInterval(this.#asking)
    this.#ending.abort()
    this.#checks.value = null
  }

  /** Never fails: of a server that is away other things tell. A page that nobody looks at asks nothing. */
  async ask() {
    if (this.#isAsked || document.visibilityState !== 'visible') return
    this.#isAsked = true
    const { signal: ending } = this.#ending
    try {
      const { checks } = await getHealth(AbortSignal.any([ending, AbortSignal.timeout(ANSWER_MS)]))
      if (!ending.aborted && !isSame(checks, this.#checks.peek())) this.#checks.value = checks
    } catch {
      // It is asked again soon.
    } finally {
      this.#isAsked = false
    }
  }

  #of(level: HealthCheckBody['level']): HealthCheckBody[] {
    return this.#checks.value?.filter((check) => check.level === level) ?? []
  }
}

function isSame(one: HealthCheckBody[], other: HealthCheckBody[] | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
