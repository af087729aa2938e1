import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { HoldBody } from '../../../api/sensor-bodies.ts'

/** What is to be held: every state once in each round. */
export interface Plan {
  states: string[]
  rounds: number
  /** Of each hold. */
  readings: number
}

/** One hold of the plan, and what came of it. */
export interface Step {
  round: number
  state: string
  /** Readings that were labelled; null where it was not held yet, or was skipped. */
  got: number | null
}

export type Phase =
  | { is: 'planning' }
  /** The next step waits for somebody to bring the door there. */
  | { is: 'ready' }
  /** Seconds are left to let go. */
  | { is: 'countdown'; left: number }
  | { is: 'holding'; hold: HoldBody }
  | { is: 'over'; hold: HoldBody }
  | { is: 'done' }

export interface CollectingPorts {
  begin(state: string, readings: number): Promise<HoldBody>
  /** The newest hold; null where there is none. */
  look(): Promise<HoldBody | null>
  /** @param takeBack removes what it labelled */
  stop(takeBack: boolean): Promise<HoldBody>
  /** Told of what could not be done. */
  onFailed(error: unknown): void
  /** Told when labels have come or gone. */
  onLabelled(): void
}

/** So long one has to let go of the door. */
export const COUNTDOWN = 3
const SECOND_MS = 1000
const LOOK_MS = 500

/**
 * Leads through a guided collection: the states one after the other, in each round in the same order, so that the rounds
 * of a state lie apart in time and a model can be tested on one that it has not seen.
 */
export class Collecting {
  readonly #ports: CollectingPorts
  readonly #steps = signal<Step[]>([])
  readonly #at = signal(0)
  readonly #phase = signal<Phase>({ is: 'planning' })
  readonly #before = signal<HoldBody | null>(null)
  #readings = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #isBusy = false
  #closed = false

  constructor(ports: CollectingPorts) {
    this.#ports = ports
  }

  get phase(): ReadonlySignal<Phase> {
    return this.#phase
  }

  get steps(): ReadonlySignal<Step[]> {
    return this.#steps
  }

  /** While a collection is planned: the newest hold, which has labels that can be taken back. */
  get before(): ReadonlySignal<HoldBody | null> {
    return this.#before
  }

  /** The step that is held, or comes next; null before the first and after the last. */
  readonly step = computed(() => {
    const { is } = this.#phase.value
    return is === 'planning' || is === 'done' ? null : (this.#steps.value[this.#at.value] ?? null)
  })

  /** Shows a hold that somebody began before, as before a reload; of one that ended meanwhile, what it labelled. */
  async find() {
    const hold = await this.#ports.look().catch(() => null)
    if (this.#closed || this.#phase.peek().is !== 'planning') return
    this.#before.value = hold !== null && hold.endedBy !== null && hold.got > 0 ? hold : null
    if (!hold || hold.endedBy !== null) return
    this.#readings = hold.wanted ?? 0
    this.#steps.value = [{ round: 1, state: hold.state, got: null }]
    this.#at.value = 0
    this.#phase.value = { is: 'holding', hold }
    this.#lookLater()
  }

  start({ states, rounds, readings }: Plan) {
    this.#readings = readings
    this.#steps.value = Array.from({ length: rounds }, (_, i) =>
      states.map((state) => ({ round: i + 1, state, got: null })),
    ).flat()
    this.#at.value = 0
    this.#phase.value = { is: 'ready' }
  }

  /** Counts down, then holds the step; of one that was held before, more are collected. */
  count() {
    if (!this.step.peek()) return
    clearTimeout(this.#timer)
    const tick = (left: number) => {
      if (left === 0) return void this.#begin()
      this.#phase.value = { is: 'countdown', left }
      this.#timer = setTimeout(() => tick(left - 1), SECOND_MS)
    }
    tick(COUNTDOWN)
  }

  /** Ends the countdown. */
  wait() {
    clearTimeout(this.#timer)
    if (this.#phase.peek().is === 'countdown') this.#phase.value = { is: 'ready' }
  }

  /** Ends the hold; what it labelled stays. */
  stop(): Promise<void> {
    return this.#attempt(async () => this.#take(await this.#ports.stop(false)))
  }

  /** Takes back what the last hold labelled: it is held anew, or skipped. */
  takeBack(): Promise<void> {
    return this.#attempt(async () => {
      await this.#ports.stop(true)
      this.#note(null)
      this.#phase.value = { is: 'ready' }
      this.#ports.onLabelled()
    })
  }

  /** Takes back what a hold labelled that ended before the page was opened. */
  takeBackBefore(): Promise<void> {
    return this.#attempt(async () => {
      // Somebody else may have begun another since: its labels are not meant.
      const newest = await this.#ports.look()
      if (newest?.startedAt === this.#before.peek()?.startedAt) await this.#ports.stop(true)
      this.#ports.onLabelled()
      await this.find()
    })
  }

  /** To the next step, whether this one was held or not. */
  next() {
    clearTimeout(this.#timer)
    this.#at.value += 1
    this.#phase.value = this.#at.peek() < this.#steps.peek().length ? { is: 'ready' } : { is: 'done' }
  }

  /** Ends the collection. What is held goes on until its end: `stop` it first. */
  end() {
    clearTimeout(this.#timer)
    this.#phase.value = { is: 'planning' }
    void this.find()
  }

  close() {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  async #begin() {
    const step = this.step.peek()
    if (!step) return
    await this.#attempt(async () => {
      try {
        this.#take(await this.#ports.begin(step.state, this.#readings))
      } catch (error) {
        this.#phase.value = { is: 'ready' }
        throw error
      }
    })
  }

  #take(hold: HoldBody) {
    if (this.#closed) return
    const isOver = hold.endedBy !== null
    this.#phase.value = { is: isOver ? 'over' : 'holding', hold }
    if (!isOver) return this.#lookLater()
    clearTimeout(this.#timer)
    this.#note((this.step.peek()?.got ?? 0) + hold.got)
    this.#ports.onLabelled()
  }

  #note(got: number | null) {
    const at = this.#at.peek()
    const step = this.#steps.peek()[at]
    if (step) this.#steps.value = this.#steps.peek().with(at, { ...step, got })
  }

  #lookLater() {
    clearTimeout(this.#timer)
    if (!this.#closed) this.#timer = setTimeout(() => void this.#look(), LOOK_MS)
  }

  async #look() {
    if (this.#phase.peek().is !== 'holding') return
    try {
      const hold = await this.#ports.look()
      if (this.#phase.peek().is !== 'holding') return
      if (hold) return this.#take(hold)
      // The server began anew: what it labelled is kept, and nobody knows how much that is.
      this.#phase.value = { is: 'ready' }
      this.#ports.onLabelled()
    } catch {
      this.#lookLater() // the console says that the server is away
    }
  }

  /** One thing at a time. */
  async #attempt(work: () => Promise<void>) {
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      await work()
    } catch (error) {
      this.#ports.onFailed(error)
    }
    this.#isBusy = false
  }
}
