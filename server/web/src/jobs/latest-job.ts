import { type ReadonlySignal, signal } from '@preact/signals'
import type { JobBody, List } from '../api/bodies.ts'
import { get, isAway, send } from '../api/client.ts'
import type { JobEvent } from '../api/events.ts'

const POLL_MS = 2000
/** One that was cancelled is passed over: not so many are, one after the other. */
const LISTED = 20

export const isOver = ({ state }: Pick<JobBody, 'state'>) => state !== 'queued' && state !== 'running'

export interface LatestJobPorts<Result> {
  /** `device/camera`; null: it is none of a camera. */
  camera: string | null
  kind: string
  /** Told of the end of one that was followed. */
  onEnded(job: JobBody<Result>): void
}

/** The latest job of a kind, of a camera or of the server: begun here or elsewhere, followed until its end, found after a reload. */
export class LatestJob<Result> {
  readonly #camera: string | null
  readonly #kind: string
  readonly #onEnded: LatestJobPorts<Result>['onEnded']
  readonly #job = signal<JobBody<Result> | null>(null)
  readonly #isAway = signal(false)
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor({ camera, kind, onEnded }: LatestJobPorts<Result>) {
    this.#camera = camera
    this.#kind = kind
    this.#onEnded = onEnded
  }

  get job(): ReadonlySignal<JobBody<Result> | null> {
    return this.#job
  }

  /** Whether the server did not answer when it was asked last how the job is. */
  get isAway(): ReadonlySignal<boolean> {
    return this.#isAway
  }

  /** Looks for the latest one and follows it, unless one is followed that still runs. */
  async find() {
    const { items } = await get<List<JobBody<Result>>>('/api/jobs', {
      camera: this.#camera ?? undefined,
      kind: this.#kind,
      limit: LISTED,
    })
    // One that was cancelled changed nothing: what came of the one before still holds.
    const latest = items.find(({ state }) => state !== 'cancelled')
    const known = this.#job.value
    if (!latest || this.#closed || latest.id === known?.id || (known && !isOver(known))) return
    this.follow(latest)
    if (known && isOver(latest)) this.#onEnded(latest)
  }

  /** @param job one that was begun here */
  follow(job: JobBody<Result>) {
    this.#job.value = job
    if (!isOver(job)) this.#askLater()
  }

  close() {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** @throws ApiError */
  async cancel() {
    const job = this.#job.value
    if (job) this.#take(await send<JobBody<Result>>('DELETE', `/api/jobs/${job.id}`))
  }

  /** What the event stream says of jobs: also of one that somebody else began. */
  hear(event: JobEvent) {
    const job = this.#job.value
    if (event.id !== job?.id) {
      const isOurs = event.kind === this.#kind && event.camera === this.#camera
      if (isOurs && (!job || isOver(job))) this.find().catch(() => {}) // the next event of it asks again
      return
    }
    if (isOver(job)) return
    // Its result comes with the job only.
    if (isOver(event)) return void this.#ask()
    this.#job.value = { ...job, state: event.state, phase: event.phase, progress: event.progress }
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
      const answered = await get<JobBody<Result>>(`/api/jobs/${job.id}`)
      this.#isAway.value = false
      this.#take(answered)
    } catch (error) {
      this.#isAway.value = isAway(error)
      this.#askLater() // the console says that the server is away
    }
  }

  #take(job: JobBody<Result>) {
    const before = this.#job.value
    if (this.#closed || !before || before.id !== job.id || isOver(before)) return
    this.#job.value = job
    if (!isOver(job)) return this.#askLater()
    clearTimeout(this.#timer)
    this.#onEnded(job)
  }
}
