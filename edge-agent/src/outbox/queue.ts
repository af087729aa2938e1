/** One frame on its way out: where it is kept and how sending it has gone so far. */
export interface QueuedFrame {
  readonly camera: string
  /** Milliseconds since 1970 UTC; with device and camera the frame's id. */
  readonly capturedAtMs: number
  readonly bytes: number
  /** How often it was sent since the agent's start. */
  sends: number
  /** How often the server closed the connection while this frame awaited its PUBACK. */
  closes: number
  /** How often it was set aside because of that. */
  parkings: number
}

/** A frame that was never sent. */
export function queuedFrame(camera: string, capturedAtMs: number, bytes: number): QueuedFrame {
  return { camera, capturedAtMs, bytes, sends: 0, closes: 0, parkings: 0 }
}

interface CameraQueue {
  /** Frames nobody is sending, oldest first. */
  waiting: QueuedFrame[]
  /** The newest frame sent as live, so that only frames newer than it are live too. */
  newestTakenMs: number
  /** Whether the last frame taken was a live one; the next is then from the backlog. */
  tookLive: boolean
}

/**
 * Which frame goes next. Cameras take turns. Within a camera frames go oldest first; where that would keep new frames
 * behind a backlog of more than `liveAfterMs`, every second frame is the newest one instead. So after an outage the
 * picture of now and the history arrive together, and a short queue (a replay, a hiccup) keeps its order.
 *
 * Bounded by the outbox that owns it. A frame is in exactly one place: waiting, parked, or taken by the publisher.
 */
export class FrameQueue {
  readonly #liveAfterMs: number
  readonly #cameras = new Map<string, CameraQueue>()
  readonly #parked = new Map<QueuedFrame, number>()

  constructor(liveAfterMs = 10_000) {
    this.#liveAfterMs = liveAfterMs
  }

  get parked(): number {
    return this.#parked.size
  }

  /** Puts a frame in its place by time; it is the newest of its camera nearly always. */
  add(frame: QueuedFrame): void {
    const { waiting } = this.#camera(frame.camera)
    let place = waiting.length
    while (place > 0 && (waiting[place - 1]?.capturedAtMs ?? 0) > frame.capturedAtMs) place--
    waiting.splice(place, 0, frame)
  }

  /** The next frame to send, or null where none waits. The caller hands it back with `add` or `park`, or forgets it. */
  take(): QueuedFrame | null {
    for (const [name, camera] of this.#cameras) {
      const frame = this.#takeFrom(camera)
      if (!frame) continue
      // Behind the others: the next camera's turn.
      this.#cameras.delete(name)
      this.#cameras.set(name, camera)
      return frame
    }
    return null
  }

  /** Sets a frame aside until `dueAt` (monotonic milliseconds), so that it blocks nobody. */
  park(frame: QueuedFrame, dueAt: number): void {
    this.#parked.set(frame, dueAt)
  }

  /** Lets frames wait again that were set aside until now. */
  unpark(now: number): void {
    for (const [frame, dueAt] of this.#parked) {
      if (dueAt > now) continue
      this.#parked.delete(frame)
      this.add(frame)
    }
  }

  /** Takes out the oldest frame that nobody is sending, or null. */
  dropOldest(): QueuedFrame | null {
    const heads = [...this.#cameras.values()].map(({ waiting }) => waiting[0])
    const oldest = [...heads, ...this.#parked.keys()]
      .filter((frame) => frame !== undefined)
      .reduce<QueuedFrame | null>((a, b) => (a && a.capturedAtMs <= b.capturedAtMs ? a : b), null)
    if (oldest && !this.#parked.delete(oldest)) this.#camera(oldest.camera).waiting.shift()
    return oldest
  }

  /** Takes out every frame of a camera from after `limitMs` that nobody is sending. */
  dropAfter(name: string, limitMs: number): QueuedFrame[] {
    const camera = this.#camera(name)
    const after = ({ capturedAtMs }: QueuedFrame) => capturedAtMs > limitMs
    const parked = [...this.#parked.keys()].filter((frame) => frame.camera === name && after(frame))
    for (const frame of parked) this.#parked.delete(frame)
    const dropped = [...camera.waiting.filter(after), ...parked]
    camera.waiting = camera.waiting.filter((frame) => !after(frame))
    camera.newestTakenMs = Math.min(camera.newestTakenMs, limitMs)
    return dropped
  }

  /** The newest frame of a camera that nobody is sending, or undefined. */
  newest(name: string): QueuedFrame | undefined {
    const parked = [...this.#parked.keys()].filter((frame) => frame.camera === name)
    return [...this.#camera(name).waiting.slice(-1), ...parked].sort((a, b) => b.capturedAtMs - a.capturedAtMs)[0]
  }

  #takeFrom(camera: CameraQueue): QueuedFrame | undefined {
    const { waiting } = camera
    const oldest = waiting[0]
    const newest = waiting.at(-1)
    if (!oldest || !newest) return undefined
    const backlog = newest.capturedAtMs - oldest.capturedAtMs > this.#liveAfterMs
    const live = backlog && newest.capturedAtMs > camera.newestTakenMs && !camera.tookLive
    const frame = live ? waiting.pop() : waiting.shift()
    camera.tookLive = live
    camera.newestTakenMs = Math.max(camera.newestTakenMs, frame?.capturedAtMs ?? 0)
    return frame
  }

  #camera(name: string): CameraQueue {
    let camera = this.#cameras.get(name)
    if (!camera) {
      camera = { waiting: [], newestTakenMs: 0, tookLive: false }
      this.#cameras.set(name, camera)
    }
    return camera
  }
}
