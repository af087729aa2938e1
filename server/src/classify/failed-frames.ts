import type { StoredFrame } from '../database/frames/frame-store.ts'

interface Failed {
  frame: StoredFrame
  /** How often it has failed in a row. */
  tries: number
  /** Runs while it waits for its next try. */
  timer: NodeJS.Timeout | null
}

/** The first try again comes after this, each further one after twice as long. */
const FIRST_RETRY_MS = 5000
const LONGEST_RETRY_MS = 60_000
/** A camera with so many waits for them: its other frames would most likely fail too, and memory is bounded. */
const MOST_PER_CAMERA = 64

/** Frames that the threads could not do: the fault is ours, so they are tried again, ever more seldom. */
export class FailedFrames {
  readonly #frames = new Map<string, Failed>()

  /** Calls `again` when the frame's next try is due. */
  later(frame: StoredFrame, again: () => void) {
    const key = keyOf(frame)
    const tries = (this.#frames.get(key)?.tries ?? 0) + 1
    const failed: Failed = { frame, tries, timer: null }
    const delay = Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LONGEST_RETRY_MS)
    failed.timer = setTimeout(() => {
      failed.timer = null
      again()
    }, delay)
    this.#frames.set(key, failed)
  }

  /** The frame is done. */
  forget(frame: StoredFrame) {
    this.#frames.delete(keyOf(frame))
  }

  /** Takes out all that wait and were received before `receivedBefore`. */
  takeExpired(receivedBefore: number): StoredFrame[] {
    return this.#take(({ receivedAt }) => receivedAt < receivedBefore)
  }

  /** Takes out all of a camera that wait. */
  takeOf(camera: string): StoredFrame[] {
    return this.#take((frame) => frame.camera === camera)
  }

  isFull(camera: string): boolean {
    return this.#waiting().filter(({ frame }) => frame.camera === camera).length >= MOST_PER_CAMERA
  }

  /** Frames that wait for their next try. */
  get size(): number {
    return this.#waiting().length
  }

  /** They are pending in the frames files, and tried again after the next start. */
  close() {
    for (const { timer } of this.#frames.values()) if (timer) clearTimeout(timer)
    this.#frames.clear()
  }

  #take(which: (frame: StoredFrame) => boolean): StoredFrame[] {
    const taken = this.#waiting().filter(({ frame }) => which(frame))
    for (const { frame, timer } of taken) {
      if (timer) clearTimeout(timer)
      this.forget(frame)
    }
    return taken.map(({ frame }) => frame)
  }

  #waiting(): Failed[] {
    return [...this.#frames.values()].filter(({ timer }) => timer !== null)
  }
}

function keyOf({ camera, capturedAt }: StoredFrame): string {
  return `${camera}/${capturedAt}`
}
