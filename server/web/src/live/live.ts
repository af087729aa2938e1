import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { DeviceBody, List, SegmentBody } from '../api/bodies.ts'
import { get } from '../api/client.ts'
import type { CameraEvent, DeviceEvent, JobEvent, ReadingEvent, StreamEvent } from '../api/events.ts'
import type { ReadingValue } from '../api/reading-bodies.ts'
import { heardServerTime, serverNow } from '../design/clock.ts'
import { isOver } from '../jobs/latest-job.ts'
import { Alerts } from './alerts.ts'
import { type LiveCamera, withAnswer, withoutPast, withResult, withTransition } from './camera.ts'
import { Health } from './health.ts'
import { loadSources } from './load-sources.ts'
import { type Segment, segmentsOf, withChange } from './segments.ts'
import { type Liveness, Stream } from './stream.ts'

/** The strip of a camera shows the last hour. */
export const STRIP_MS = 3_600_000
/** A strip is some hundred pixels wide: what is shorter than one of them is left out. */
const STRIP_GRAIN_MS = 10_000
const MOST_JOBS = 50
const MOST_DEVICES = 1_000
/** A page in the background renders nothing: events wait until so many are here. */
const MOST_WAITING = 5_000
const MOST_STRANGERS = 1_000
const RELOAD_RETRY_MS = 2_000

type Listener = (event: StreamEvent) => void

/**
 * What happens, as it happens. Each camera is a signal of its own, so that an event renders one tile; all events that
 * come between two frames of the screen are applied at once.
 */
export class Live {
  readonly alerts = new Alerts()
  readonly health = new Health()
  readonly #liveness = signal<Liveness>('reconnecting')
  readonly #ids = signal<string[] | null>(null)
  readonly #others = signal<string[]>([])
  readonly #all = computed(() => this.#ids.value && [...this.#others.value, ...this.#ids.value])
  /** The newest readings of sensors that have states. */
  readonly #values = new Map<string, Signal<ReadingValue | null>>()
  /** Sources of events that no answer named: they are asked for once. */
  readonly #strangers = new Set<string>()
  readonly #cameras = new Map<string, Signal<LiveCamera>>()
  readonly #strips = new Map<string, Signal<Segment[]>>()
  readonly #devices = signal<ReadonlyMap<string, DeviceEvent> | null>(null)
  readonly #jobs = signal<ReadonlyMap<string, JobEvent>>(new Map())
  /** A release takes the place of the one that runs: then the server is expected to be away for a moment. */
  readonly isRedeployed = computed(() =>
    [...this.#jobs.value.values()].some((job) => job.kind === 'redeploy' && !isOver(job)),
  )
  readonly #listeners = new Set<Listener>()
  readonly #stream: Stream
  #waiting: StreamEvent[] = []
  #started = false
  #scheduled = false
  #reloading = false
  #reloadAgain = false
  /** Rises when frames were removed: an answer that was asked for before may still name them. */
  #removals = 0

  /** @param onRefused told when the server refuses the stream: the session may have ended */
  constructor(onRefused: () => void) {
    this.#stream = new Stream({
      onEvent: (event) => this.#take(event),
      onReset: () => {
        this.#jobs.value = new Map() // their ends may be among what was missed
        void this.reload()
      },
      onLiveness: (liveness) => {
        this.#liveness.value = liveness
      },
      onRefused,
      onTime: (at) => heardServerTime(at),
    })
  }

  get liveness(): ReadonlySignal<Liveness> {
    return this.#liveness
  }

  /** Ids of all cameras, by name; null until they are loaded. */
  get ids(): ReadonlySignal<string[] | null> {
    return this.#ids
  }

  /** Ids of all that has states: doors and sensors, then cameras; null until they are loaded. */
  get all(): ReadonlySignal<string[] | null> {
    return this.#all
  }

  /** The newest reading of a sensor that has states; null where there is none. */
  valueOf(id: string): ReadonlySignal<ReadingValue | null> {
    return this.#valueOf(id)
  }

  /** What is known of devices that may have cameras, by name; null until they are loaded. */
  get devices(): ReadonlySignal<ReadonlyMap<string, DeviceEvent> | null> {
    return this.#devices
  }

  /** The latest jobs that the stream told of, by id. */
  get jobs(): ReadonlySignal<ReadonlyMap<string, JobEvent>> {
    return this.#jobs
  }

  /** A camera, a sensor or a door. */
  camera(id: string): ReadonlySignal<LiveCamera> | null {
    return this.#cameras.get(id) ?? null
  }

  /** States of the last hour, oldest first. */
  strip(id: string): ReadonlySignal<Segment[]> {
    return this.#stripOf(id)
  }

  /** Cameras are asked for while the stream opens: the first state does not wait for it. */
  start() {
    if (this.#started) return
    this.#started = true
    this.#stream.start()
    this.health.start()
    void this.reload()
  }

  /** Forgets everything: whoever signs in next may see something else. */
  stop() {
    this.#started = false
    this.#stream.stop()
    this.health.stop()
    this.#cameras.clear()
    this.#values.clear()
    this.#others.value = []
    this.#strangers.clear()
    this.#strips.clear()
    this.#ids.value = null
    this.#devices.value = null
    this.#jobs.value = new Map()
    this.alerts.forget()
  }

  /** Every event as it comes, for a page that follows more than the newest. @returns a function that ends it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Loads all cameras and their last hour; one load at a time, and one more where it was asked for meanwhile. */
  async reload() {
    if (!this.#started) return
    if (this.#reloading) {
      this.#reloadAgain = true
      return
    }
    this.#reloading = true
    void this.alerts.load()
    void this.health.ask()
    try {
      await Promise.all([this.#loadCameras(), this.#loadStrips(), this.#loadDevices()])
    } catch {
      setTimeout(() => void this.reload(), RELOAD_RETRY_MS)
    }
    this.#reloading = false
    if (this.#reloadAgain) {
      this.#reloadAgain = false
      void this.reload()
    }
  }

  async #loadCameras() {
    const removals = this.#removals
    const { cameras, others, values } = await loadSources()
    if (removals !== this.#removals) return // asked for again already
    for (const loaded of [...cameras, ...others]) {
      this.#strangers.delete(loaded.id)
      const known = this.#cameras.get(loaded.id)
      if (!known) this.#cameras.set(loaded.id, signal(loaded))
      else known.value = withAnswer(known.peek(), loaded)
    }
    for (const [id, value] of values) this.#valueOf(id).value = value
    const [ids, otherIds] = [cameras, others].map((list) => list.map(({ id }) => id)) as [string[], string[]]
    const all = new Set([...ids, ...otherIds])
    for (const id of this.#cameras.keys()) if (!all.has(id)) this.#cameras.delete(id)
    if (otherIds.join() !== this.#others.value.join()) this.#others.value = otherIds
    if (ids.join() !== this.#ids.value?.join()) this.#ids.value = ids
  }

  async #loadDevices() {
    const { items } = await get<List<DeviceBody>>('/api/devices')
    const owners = items.filter(({ protocol }) => protocol !== 'http')
    this.#devices.value = new Map(
      owners.map(({ name, connected, status }) => [name, { device: name, change: 'seen', connected, status }]),
    )
  }

  async #loadStrips() {
    const to = serverNow()
    const { items } = await get<List<{ camera: string; segments: SegmentBody[] }>>('/api/ribbons', {
      from: to - STRIP_MS,
      to,
      every: STRIP_GRAIN_MS,
    })
    for (const { camera, segments } of items) this.#stripOf(camera).value = segmentsOf(segments, to)
  }

  #valueOf(id: string): Signal<ReadingValue | null> {
    const known = this.#values.get(id)
    if (known) return known
    const value = signal<ReadingValue | null>(null)
    this.#values.set(id, value)
    return value
  }

  #stripOf(id: string): Signal<Segment[]> {
    const known = this.#strips.get(id)
    if (known) return known
    const strip = signal<Segment[]>([])
    this.#strips.set(id, strip)
    return strip
  }

  #take(event: StreamEvent) {
    this.#waiting.push(event)
    if (this.#waiting.length >= MOST_WAITING) return this.#apply()
    if (this.#scheduled) return
    this.#scheduled = true
    requestAnimationFrame(() => this.#apply())
  }

  #apply() {
    this.#scheduled = false
    const events = this.#waiting
    this.#waiting = []
    const changed = new Map<string, LiveCamera>()
    for (const event of events) {
      this.#applyOne(event, changed)
      for (const listener of this.#listeners) listener(event)
    }
    for (const [id, camera] of changed) {
      const known = this.#cameras.get(id)
      if (known) known.value = camera
    }
  }

  #applyOne(event: StreamEvent, changed: Map<string, LiveCamera>) {
    if (event.kind === 'reading') return this.#onReading(event.data)
    if (event.kind === 'sensor') return // for who listens
    if (event.kind === 'alert') return this.alerts.take(event.data)
    if (event.kind === 'device') return this.#takeDevice(event.data)
    if (event.kind === 'job') return this.#remember(this.#jobs, event.data.id, event.data, MOST_JOBS)
    if (event.kind === 'camera') return this.#onCamera(event.data, changed)
    const id = event.data.camera
    const before = changed.get(id) ?? this.#cameras.get(id)?.peek()
    if (!before) return this.#onStranger(id)
    if (event.kind === 'result') return void changed.set(id, withResult(before, event.data))
    changed.set(id, withTransition(before, event.data))
    if ('recomputedFrom' in event.data) return void this.#loadStrips().catch(() => {})
    const strip = this.#stripOf(id)
    strip.value = withChange(strip.peek(), event.data, serverNow() - STRIP_MS)
  }

  #onReading({ device, sensor, value }: ReadingEvent) {
    const id = `${device}/${sensor}`
    if (this.#cameras.has(id)) this.#valueOf(id).value = value
  }

  /** Its first frame; of one that the answers do not name, there is nothing to show. */
  #onStranger(id: string) {
    if (this.#strangers.has(id)) return
    if (this.#strangers.size >= MOST_STRANGERS) this.#strangers.clear()
    this.#strangers.add(id)
    void this.reload()
  }

  #onCamera({ camera: id, change }: CameraEvent, changed: Map<string, LiveCamera>) {
    const known = changed.get(id) ?? this.#cameras.get(id)?.peek()
    if (known && (change === 'purged' || change === 'deleted')) {
      this.#removals++
      this.#strangers.delete(id) // another may come under its name
      changed.set(id, withoutPast(known))
    }
    void this.reload()
  }

  #takeDevice(event: DeviceEvent) {
    if (event.protocol === 'http') return // it has no cameras
    if (event.change !== 'removed') return this.#remember(this.#devices, event.device, event, MOST_DEVICES)
    this.#devices.value = new Map([...(this.#devices.peek() ?? [])].filter(([name]) => name !== event.device))
  }

  #remember<T>(into: Signal<ReadonlyMap<string, T> | null>, key: string, value: T, most: number) {
    const kept = [...(into.peek() ?? [])].filter(([known]) => known !== key).slice(1 - most)
    into.value = new Map([...kept, [key, value]])
  }
}
