import { type ReadonlySignal, signal } from '@preact/signals'
import type { JobBody, List } from '../api/bodies.ts'
import { get, send } from '../api/client.ts'
import type { JobEvent } from '../api/events.ts'

const POLL_MS = 2000
/** One that was cancelled is passed over: not so many are, one after the other. */
const LISTED = 20

export const isOver = ({ state }: Pick<JobBody, 'state'>) => state !== 'queued' && state !== 'running'

export interface CameraJobPorts<Result> {
  /** `device/camera` */
  camera: string
  kind: string
  /** Told of the end of one that was followed. */
  onEnded(job: JobBody<Result>): void
}

/** The latest job of a kind for a camera: begun here or elsewhere, followed until its end, found after a reload. */
export class CameraJob<Result> {
  readonly #camera: string
  readonly #kind: string
  readonly #onEnded: CameraJobPorts<Result>['onEnded']
  readonly #job = signal<JobBody<Result> | null>(null)
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor({ camera, kind, onEnded }: CameraJobPorts<Result>) {
    this.#camera = camera
    this.#kind = kind
    this.#onEnded = onEnded
  }

  get job(): ReadonlySignal<JobBody<Result> | null> {
    return this.#job
  }

  /** Looks for the latest one and follows it, unless one is followed that still runs. */
  async find() {
    const { items } = await get<List<JobBody<Result>>>('/api/jobs', {
      camera: this.#camera,
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
      this.#take(await get<JobBody<Result>>(`/api/jobs/${job.id}`))
    } catch {
      this.#askLater() // the server is away: the console says so
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
