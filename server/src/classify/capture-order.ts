/**
 * Lets what finishes out of order go on in capture order: of two frames of a camera that are worked on at the same
 * time, the older one's outcome leaves first, whichever worker was faster.
 */
export class CaptureOrder<T> {
  readonly #cameras = new Map<string, { capturedAt: number; done: { outcome: T } | null }[]>()

  /** A frame's work begins. */
  begin(camera: string, capturedAt: number) {
    const frames = this.#cameras.get(camera) ?? []
    frames.push({ capturedAt, done: null })
    frames.sort((a, b) => a.capturedAt - b.capturedAt)
    this.#cameras.set(camera, frames)
  }

  /** A frame's work is done. @returns the outcomes that may go on now, oldest first */
  end(camera: string, capturedAt: number, outcome: T): T[] {
    const frames = this.#cameras.get(camera) ?? []
    const frame = frames.find((one) => one.capturedAt === capturedAt)
    if (frame) frame.done = { outcome }
    const released: T[] = []
    while (frames[0]?.done) released.push(frames.shift()?.done?.outcome as T)
    if (frames.length === 0) this.#cameras.delete(camera)
    return released
  }

  /** Whether any frame of the camera is being worked on. */
  has(camera: string): boolean {
    return this.#cameras.has(camera)
  }
}
