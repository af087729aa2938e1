import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { FrameBody, List, ResultBody } from '../../api/bodies.ts'
import { get, type Query } from '../../api/client.ts'
import { serverNow } from '../../design/clock.ts'
import type { Span } from '../../ribbon/band.ts'
import { type Bounds, LENGTHS, latest, lengthOf, moved, zoomed } from '../../ribbon/span.ts'
import { type Asked, askedOf, namesSpan } from './asked-span.ts'
import { loadPast, NOTHING, type Past, POINTS } from './past.ts'

/** A gesture has ended when nothing came for so long. Milliseconds. */
const QUIET_MS = 180
/** A span that ends now moves on when a new line of pixels is due, but not more often. */
const LEAST_STEP_MS = 3_000
const LONGEST_STEP_MS = 60_000

/** Where the past of a camera, a sensor or a door is asked for. */
export interface HistoryOf {
  path: string
  /** Its frames or readings. */
  shots: { path: string; query: Query }
}

/** @param id `device/camera` */
export const ofCamera = (id: string): HistoryOf => ({
  path: `/api/cameras/${id}`,
  shots: { path: '/api/frames', query: { camera: id } },
})

/** @param id `device/sensor` */
export const ofSensor = (id: string): HistoryOf => ({
  path: `/api/sensors/${id}`,
  shots: { path: `/api/sensors/${id}/readings`, query: {} },
})

/** A door has no frames of its own: a moment is one of its results. */
export const ofDoor = (name: string): HistoryOf => ({
  path: `/api/doors/${name}`,
  shots: { path: `/api/doors/${name}/results`, query: {} },
})

/** The past of a camera, a sensor or a door: which span is looked at, and what is known of it. */
export class History {
  readonly #of: HistoryOf
  readonly #tell: (asked: Asked) => void
  readonly #span: Signal<Span>
  readonly #past: Signal<Past>
  readonly #follows: Signal<boolean>
  readonly #failed = signal<unknown>(null)
  /** Rises with everything that is loaded. */
  readonly #version = signal(0)
  readonly #first = signal(serverNow() - LENGTHS[0].ms)
  /** What was asked for: of endless ones the span reaches to the first result. */
  #length: number
  /** Whether somebody chose what is looked at, here or by an address. */
  #isChosen: boolean
  #loading = new AbortController()
  #quiet: ReturnType<typeof setTimeout> | undefined
  #following: ReturnType<typeof setInterval> | undefined

  /**
   * @param of whose past it is
   * @param query of the address: which span it names
   * @param tell told which span is looked at, when that has come to rest
   */
  constructor(of: HistoryOf, query = '', tell: (asked: Asked) => void = () => {}) {
    this.#of = of
    this.#tell = tell
    const asked = askedOf(query)
    this.#isChosen = namesSpan(query)
    this.#follows = signal('length' in asked)
    this.#length = 'length' in asked ? asked.length : lengthOf(asked)
    this.#span = signal('length' in asked ? latest(asked.length, this.bounds) : asked)
    this.#past = signal({ ...NOTHING, span: this.#span.peek() })
  }

  get span(): ReadonlySignal<Span> {
    return this.#span
  }

  /** What was loaded last: of the span that is looked at, or of the one before while that is on its way. */
  get past(): ReadonlySignal<Past> {
    return this.#past
  }

  /** Whether the span ends now, and moves on with the time. */
  get follows(): ReadonlySignal<boolean> {
    return this.#follows
  }

  /** Whether the latest so many milliseconds are looked at. */
  showsLatest(length: number): boolean {
    return this.#follows.value && this.#length === length
  }

  get failed(): ReadonlySignal<unknown> {
    return this.#failed
  }

  get version(): ReadonlySignal<number> {
    return this.#version
  }

  /** From the first result that anything is known of to now; from before it where that was asked for. */
  get bounds(): Bounds {
    return { from: Math.min(this.#first.value, this.#span?.value.from ?? Number.POSITIVE_INFINITY), to: serverNow() }
  }

  /** Whether there may be anything before the span. */
  get hasEarlier(): boolean {
    return this.#span.value.from > this.#first.value
  }

  start() {
    this.#following = setInterval(() => this.#moveOn(), LEAST_STEP_MS)
    void this.#load()
  }

  close() {
    clearInterval(this.#following)
    clearTimeout(this.#quiet)
    this.#loading.abort()
  }

  /** The last so many milliseconds; from now on with the time. */
  showLatest(length: number) {
    this.#isChosen = true
    this.#showLatest(length)
  }

  /**
   * Closer (`factor` below 1) or farther. A span that moves on with the time ends now still.
   * @param at what stays where it is on the page, where the span is one of the past; milliseconds UTC
   */
  zoom(factor: number, at: number) {
    const { to } = this.#span.value
    const next = zoomed(this.#span.value, factor, this.#follows.value ? to : at, this.bounds)
    if (this.#follows.value) this.showLatest(lengthOf(next))
    else this.show(next)
  }

  /** By so many of its lengths, to the future where positive. */
  move(lengths: number) {
    this.show(moved(this.#span.value, lengths, this.bounds))
  }

  /** A span of the past stays; one that reaches the present moves on with it. */
  show(span: Span) {
    this.#isChosen = true
    this.#length = lengthOf(span)
    this.#follows.value = span.to >= serverNow() - lengthOf(span) / POINTS
    this.#show(span)
  }

  /** What is shown was changed. */
  reload() {
    void this.#load()
  }

  /** Something happened that is worth a look, where one looks at the present. */
  refresh() {
    if (this.#follows.value) this.#showLatest(this.#length)
  }

  /** The frame captured nearest to a moment, or null where there is none. */
  async nearest(at: number, signal?: AbortSignal): Promise<string | null> {
    const [before, after] = await Promise.all([this.before(at + 1, signal), this.after(at, signal)])
    if (before === null || after === null) return before ?? after
    return at - timeOf(before) <= timeOf(after) - at ? before : after
  }

  /** The last frame before a moment. */
  async before(at: number, signal?: AbortSignal): Promise<string | null> {
    const query = { ...this.#of.shots.query, to: Math.round(at), limit: 1 }
    const { items } = await get<List<FrameBody>>(this.#of.shots.path, query, signal)
    return items[0]?.id ?? null
  }

  /** The first frame from a moment on. */
  async after(at: number, signal?: AbortSignal): Promise<string | null> {
    const { items } = await get<List<ResultBody>>(this.#path('results'), { from: Math.round(at), limit: 1 }, signal)
    return items[0]?.frame ?? null
  }

  #path(what: string): string {
    return `${this.#of.path}/${what}`
  }

  #showLatest(length: number) {
    this.#follows.value = true
    this.#length = length
    this.#show(latest(length, { from: this.#first.value, to: serverNow() }))
  }

  #show(span: Span) {
    this.#span.value = span
    clearTimeout(this.#quiet)
    this.#quiet = setTimeout(() => {
      if (this.#isChosen) this.#tell(this.#follows.peek() ? { length: this.#length } : span)
      void this.#load()
    }, QUIET_MS)
  }

  #moveOn() {
    if (!this.#follows.value || document.visibilityState !== 'visible') return
    const { to } = this.#span.value
    if (serverNow() - to >= Math.min(lengthOf(this.#span.value) / POINTS, LONGEST_STEP_MS)) this.refresh()
  }

  #foundFirst(since: number | null) {
    if (since === null || since === this.#first.value) return
    this.#first.value = since
    // A camera that is new has its first minutes seen, not an hour that is empty but for them.
    if (!this.#isChosen && since > serverNow() - this.#length) this.#length = Number.POSITIVE_INFINITY
    if (this.#length === Number.POSITIVE_INFINITY) this.refresh() // it begins there
  }

  async #load() {
    this.#loading.abort()
    this.#loading = new AbortController()
    const { signal } = this.#loading
    try {
      const past = await loadPast(this.#of.path, this.#span.value, signal)
      this.#past.value = past
      this.#failed.value = null
      this.#version.value += 1
      this.#foundFirst(past.since)
    } catch (error) {
      if (!signal.aborted) this.#failed.value = error
    }
  }
}

const timeOf = (frame: string) => Number(frame.split('/')[2])
