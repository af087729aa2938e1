/** Whoever starts this process again when it ends. */
export interface Supervision {
  /** Has it restart one of the processes that it tells of. */
  restart(name: string): void
  /** @param take told each of its messages, whatever they say */
  listen(take: (message: unknown) => void): void
}

/** @param end ends this process in order */
export function findSupervision(end: () => void): Supervision | null {
  if (process.connected)
    return {
      // Where it has just gone we end anyway.
      restart: (restart) => void process.send?.({ restart }, () => {}),
      listen: (take) => void process.on('message', take),
    }
  // The unit restarts what ends, so an end in order is all that is needed; it tells us nothing.
  if (process.env.NOTIFY_SOCKET) return { restart: end, listen: () => {} }
  return null
}
