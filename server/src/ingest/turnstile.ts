import { withDeadline } from '../deadline.ts'
import { HttpError } from '../http/errors.ts'

/** A frame inside waits for nothing but the disk. */
const EMPTY_LIMIT_MS = 15_000
/** What is done to a camera meanwhile may take longer (a long history, a slow disk): who waits is told to call again. */
const TURN_LIMIT_MS = 15_000

/**
 * Lets the frames of a camera in, and keeps them outside while somebody changes what must not change under a frame: the
 * camera's name, its masks, its being there. Whoever waits outside is not acknowledged yet (guarantee 8).
 */
export class Turnstile {
  readonly #turnLimitMs: number
  /** How many frames of each camera are between arrival and acknowledgement. */
  readonly #inside = new Map<string, number>()
  /** Cameras that are shut, and what resolves when they open again. */
  readonly #shut = new Map<string, Promise<void>>()
  readonly #onLeft = new Set<() => void>()

  /** @param turnLimitMs so long at most somebody waits to shut a camera that is shut */
  constructor(turnLimitMs = TURN_LIMIT_MS) {
    this.#turnLimitMs = turnLimitMs
  }

  /**
   * Runs `work` once the camera is open; in the order of the calls.
   * @param nameNow the camera's id, which may change while it is shut
   * @param giveUpAt milliseconds UTC; where the camera is still shut then, `work` does not run. Without it, it waits on
   * @returns what `work` resolves to; null where it did not run
   */
  async pass<T>(nameNow: () => string, work: () => Promise<T>, giveUpAt: number | null = null): Promise<T | null> {
    for (let shut = this.#shut.get(nameNow()); shut; shut = this.#shut.get(nameNow()))
      if (!(await opens(shut, giveUpAt))) return null
    const camera = nameNow()
    this.#inside.set(camera, (this.#inside.get(camera) ?? 0) + 1)
    try {
      return await work()
    } finally {
      const left = (this.#inside.get(camera) ?? 1) - 1
      if (left > 0) this.#inside.set(camera, left)
      else this.#inside.delete(camera)
      for (const tell of this.#onLeft) tell()
    }
  }

  /**
   * Shuts cameras, waits until all frames inside have left, and runs `work` before it opens them again. Those who shut
   * the same camera take turns.
   * @throws HttpError 503 `busy` where its turn does not come, or the frames inside do not leave, for a disk that
   *   refuses; `work` did not run then
   */
  async whileShut<T>(cameras: string[], work: () => Promise<T>): Promise<T> {
    const { promise, resolve: open } = Promise.withResolvers<void>()
    const giveUpAt = Date.now() + this.#turnLimitMs
    for (;;) {
      const taken = cameras.map((camera) => this.#shut.get(camera)).find(Boolean)
      if (!taken) break
      if (!(await opens(taken, giveUpAt))) throw stillShut()
    }
    for (const camera of cameras) this.#shut.set(camera, promise)
    try {
      await this.#emptied(cameras)
      return await work()
    } finally {
      for (const camera of cameras) this.#shut.delete(camera)
      open()
    }
  }

  async #emptied(cameras: string[]) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = () => {
      if (!cameras.some((camera) => this.#inside.has(camera))) resolve()
    }
    this.#onLeft.add(look)
    look()
    await withDeadline(promise, EMPTY_LIMIT_MS, notAtRest).finally(() => this.#onLeft.delete(look))
  }
}

/** @returns false where it is still shut at `giveUpAt` */
async function opens(shut: Promise<void>, giveUpAt: number | null): Promise<boolean> {
  if (giveUpAt === null) return shut.then(() => true)
  const { promise: late, resolve } = Promise.withResolvers<false>()
  const timer = setTimeout(() => resolve(false), giveUpAt - Date.now())
  return Promise.race([shut.then(() => true), late]).finally(() => clearTimeout(timer))
}

function stillShut(): HttpError {
  return new HttpError(
    503,
    'busy',
    'this camera is being renamed, deleted, purged or masked: try again when that is done',
  )
}

function notAtRest(): HttpError {
  return new HttpError(503, 'busy', 'frames of this camera are not stored in time: see /api/health/ready, try again')
}
