import { type ReadonlySignal, signal } from '@preact/signals'
import type { JobBody, List } from '../../api/bodies.ts'
import { get, send } from '../../api/client.ts'
import type { JobEvent } from '../../api/events.ts'

/** What a model said of frames that it had not learned from. */
export interface Evaluation {
  states: string[]
  frames: number
  /** 0..1 */
  balancedAccuracy: number
  interval: { low: number; high: number }
  /** `confusion[truth][said]` in the order of `states` */
  confusion: number[][]
  wrong: { frame: string; truth: string; said: string; confidence: number }[]
  /** `ready`, or which frames would help. */
  verdict: string
}

export interface TrainingResult {
  model: string
  evaluation: Evaluation | null
  activated: boolean
  /** Why it was not activated. */
  reason: string | null
  skipped: { frame: string; reason: string }[]
  seconds: number
}

export interface TrainingJob extends Omit<JobBody, 'result'> {
  result: TrainingResult | null
}

const POLL_MS = 2000
const LISTED = 200

export const isOver = ({ state }: Pick<JobBody, 'state'>) => state !== 'queued' && state !== 'running'

/** The latest training of a camera: begun here or elsewhere, followed until its end, found again after a reload. */
export class Lesson {
  readonly #camera: string
  readonly #onEnded: (job: TrainingJob) => void
  readonly #job = signal<TrainingJob | null>(null)
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  /** @param onEnded told of the end of a training that was followed */
  constructor(camera: string, onEnded: (job: TrainingJob) => void) {
    this.#camera = camera
    this.#onEnded = onEnded
  }

  get job(): ReadonlySignal<TrainingJob | null> {
    return this.#job
  }

  /** Looks for the latest one and follows it, unless one is followed that still runs. */
  async find() {
    const { items } = await get<List<TrainingJob>>('/api/jobs', { limit: LISTED })
    const ours = items.filter(({ kind, camera }) => kind === 'training' && camera === this.#camera)
    // One that was cancelled changed nothing: what came of the one before still holds.
    const latest = ours.find(({ state }) => state !== 'cancelled')
    const known = this.#job.value
    if (!latest || this.#closed || latest.id === known?.id || (known && !isOver(known))) return
    this.#follow(latest)
    if (known && isOver(latest)) this.#onEnded(latest)
  }

  close() {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** @param force activates the model even where it is worse @throws ApiError `too_few_frames` and the like */
  async train(force = false) {
    const body = { camera: this.#camera, ...(force ? { force } : {}) }
    this.#follow(await send<TrainingJob>('POST', '/api/training', body))
  }

  async cancel() {
    const job = this.#job.value
    if (job) this.#take(await send<TrainingJob>('DELETE', `/api/jobs/${job.id}`))
  }

  /** What the event stream says of jobs: also of a training that somebody else began. */
  hear(event: JobEvent) {
    const job = this.#job.value
    if (event.id !== job?.id) {
      const isOurs = event.kind === 'training' && event.camera === this.#camera
      if (isOurs && (!job || isOver(job))) this.find().catch(() => {}) // the next event of it asks again
      return
    }
    if (isOver(job)) return
    // Its result comes with the job only.
    if (isOver(event)) return void this.#ask()
    this.#job.value = { ...job, state: event.state, phase: event.phase, progress: event.progress }
  }

  #follow(job: TrainingJob) {
    this.#job.value = job
    if (!isOver(job)) this.#askLater()
  }

  /** Also where the event stream is away. */
  #askLater() {
    clearTimeout(this.#timer)
    if (!this.#closed) this.#timer = setTimeout(() => void this.#ask(), POLL_MS)
  }

  async #ask() {
    const job = this.#job.value
    if (!job || isOver(job)) return
    try {
      this.#take(await get<TrainingJob>(`/api/jobs/${job.id}`))
    } catch {
      this.#askLater() // the server is away: the console says so
    }
  }

  #take(job: TrainingJob) {
    const before = this.#job.value
    if (this.#closed || !before || before.id !== job.id || isOver(before)) return
    this.#job.value = job
    if (!isOver(job)) return this.#askLater()
    clearTimeout(this.#timer)
    this.#onEnded(job)
  }
}
