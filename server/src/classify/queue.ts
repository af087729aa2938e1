import type { StoredFrame } from '../database/frames/frame-store.ts'

/** A camera with no more than this many frames waiting is served in order: it is the window of one agent. */
const IN_ORDER = 8
/** Frames of one camera held in memory; what is beyond lies in the frames files and is read when there is room. */
const IN_MEMORY = 500

interface Waiting {
  /** Sorted by capture time, oldest first. */
  frames: StoredFrame[]
  /** There are more in the frames files than stand here. */
  more: boolean
}

/**
 * Frames that wait to be classified. Cameras take turns; a camera that falls behind has its newest frame served first
 * (guarantee 4), so that its state is fresh, and the older ones when there is time.
 */
export class PendingQueue {
  readonly #cameras = new Map<string, Waiting>()

  add(frame: StoredFrame) {
    const waiting = this.#of(frame.camera)
    const { frames } = waiting
    if (frames.length >= IN_MEMORY) {
      waiting.more = true
      const oldest = frames[0]
      if (oldest && oldest.capturedAt >= frame.capturedAt) return
      frames.shift()
    }
    let at = frames.length
    while (at > 0 && (frames[at - 1]?.capturedAt ?? 0) > frame.capturedAt) at -= 1
    frames.splice(at, 0, frame)
  }

  /** Says that the frames files hold frames of this camera that were never added. */
  markMore(camera: string) {
    this.#of(camera).more = true
  }

  /**
   * The next frame to classify, or null where none waits in memory.
   * @param mayTake whether a camera has its turn now
   */
  take(mayTake: (camera: string) => boolean = () => true): StoredFrame | null {
    for (const [camera, waiting] of this.#cameras) {
      if (!mayTake(camera)) continue
      const { frames } = waiting
      const frame = frames.length <= IN_ORDER ? frames.shift() : frames.pop()
      if (!frame) continue
      // To the end of the line: the map keeps the order of insertion.
      this.#cameras.delete(camera)
      if (frames.length > 0 || waiting.more) this.#cameras.set(camera, waiting)
      return frame
    }
    return null
  }

  /** Takes out all frames received before `receivedBefore`. */
  takeExpired(receivedBefore: number): StoredFrame[] {
    const expired: StoredFrame[] = []
    for (const waiting of this.#cameras.values()) {
      expired.push(...waiting.frames.filter((frame) => frame.receivedAt < receivedBefore))
      waiting.frames = waiting.frames.filter((frame) => frame.receivedAt >= receivedBefore)
    }
    return expired
  }

  /** Takes out all frames of a camera, also those that are only in the frames files. */
  forget(camera: string): StoredFrame[] {
    const frames = this.#cameras.get(camera)?.frames ?? []
    this.#cameras.delete(camera)
    return frames
  }

  /** A camera whose memory is empty while the frames files hold more of it, or null. */
  hungry(): string | null {
    for (const [camera, { frames, more }] of this.#cameras) if (more && frames.length === 0) return camera
    return null
  }

  /** What the frames files held of a hungry camera, and whether they hold `more`. */
  refill(camera: string, frames: StoredFrame[], more: boolean) {
    const waiting = this.#of(camera)
    waiting.more = more
    for (const frame of frames) if (!waiting.frames.some((one) => one.capturedAt === frame.capturedAt)) this.add(frame)
    if (waiting.frames.length === 0 && !waiting.more) this.#cameras.delete(camera)
  }

  /** Frames in memory, all cameras together. */
  get size(): number {
    let size = 0
    for (const { frames } of this.#cameras.values()) size += frames.length
    return size
  }

  /** Whether any frame waits in memory of a camera that has its turn now. */
  hasAny(mayTake: (camera: string) => boolean): boolean {
    return [...this.#cameras].some(([camera, { frames }]) => frames.length > 0 && mayTake(camera))
  }

  /** Whether any frame of the camera waits. */
  has(camera: string): boolean {
    const waiting = this.#cameras.get(camera)
    return waiting !== undefined && (waiting.more || waiting.frames.length > 0)
  }

  #of(camera: string): Waiting {
    let waiting = this.#cameras.get(camera)
    if (!waiting) {
      waiting = { frames: [], more: false }
      this.#cameras.set(camera, waiting)
    }
    return waiting
  }
}
