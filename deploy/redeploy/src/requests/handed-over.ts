import type { Socket } from 'node:net'

/** A watchdog that lives answers at once. */
const ANSWER_MS = 5000

/** Connections that a watchdog hands to us over the IPC channel, each with the message `connection`. */
export interface HandedOver {
  /** Whether nothing more is on its way to us: then the watchdog starts another process for what comes later. */
  mayEnd(): Promise<boolean>
  close(): void
}

export function handedOver(take: (connection: Socket) => void): HandedOver {
  let taken = 0
  let answer: ((mayEnd: boolean) => void) | null = null
  const onMessage = (message: unknown, connection: unknown) => {
    if ((message as { end?: unknown } | null)?.end === true) answer?.(true)
    if (message !== 'connection') return
    taken += 1
    answer?.(false)
    if (connection) take(connection as Socket) // null: whoever asked has gone on the way
  }
  process.on('message', onMessage)
  return {
    async mayEnd() {
      if (!process.connected) return true
      const answered = Promise.withResolvers<boolean>()
      answer = answered.resolve
      const limit = setTimeout(() => answered.resolve(true), ANSWER_MS)
      process.send?.({ done: taken }, () => {})
      const mayEnd = await answered.promise
      clearTimeout(limit)
      return mayEnd
    },
    close: () => void process.off('message', onMessage),
  }
}
