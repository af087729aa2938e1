import type { Supervisor } from './supervisor.ts'

const BEAT_EVERY_MS = 500

type Word = { ready: true } | { heartbeat: true } | { stopping: true }

/** A parent that started us with an IPC channel, as the watchdog does. */
export function ipcParent(): Supervisor | null {
  if (!process.connected) return null
  let waiting = false
  const say = (word: Word) => {
    if (!process.connected) return
    waiting = true
    // A parent that has gone meanwhile is nothing to complain of: who cares for that listens to `disconnect`.
    process.send?.(word, () => {
      waiting = false
    })
  }
  return {
    beatEveryMs: BEAT_EVERY_MS,
    ready: () => say({ ready: true }),
    beat() {
      // A parent that reads nothing must not fill our memory.
      if (!waiting) say({ heartbeat: true })
    },
    stopping: () => say({ stopping: true }),
  }
}
