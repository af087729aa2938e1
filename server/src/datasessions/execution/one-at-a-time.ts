/** Work of one key is done once at a time; of different keys, side by side. */
export class OneAtATime {
  readonly #busy = new Map<string, Promise<void>>()

  /** @throws what the signal was aborted with, where it was while others were at it */
  async run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (let busy = this.#busy.get(key); busy; busy = this.#busy.get(key)) await orAborted(busy, signal)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#busy.set(key, promise)
    try {
      return await work()
    } finally {
      this.#busy.delete(key)
      resolve()
    }
  }
}

async function orAborted(promise: Promise<void>, signal: AbortSignal) {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
