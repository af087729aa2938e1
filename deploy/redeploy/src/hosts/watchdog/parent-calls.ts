import type { PrintedSpan } from '../../host.ts'
import { killPrograms } from '../../programs/left-programs.ts'

/** A parent that lives answers at once; one that does not is gone before this, and we with it. */
const ANSWER_MS = 10_000

/** What the parent is asked for. */
export type ParentCall = 'serverUrl' | 'serverProcess' | 'serverLines' | 'restart'

/** Sent to the parent; its answer is a `ParentAnswer`. */
export interface ParentQuestion {
  ask: { id: number; call: ParentCall; force?: boolean; span?: PrintedSpan }
}

export interface ParentAnswer {
  answer: { id: number; value: unknown } | { id: number; error: string }
}

/**
 * Asks the parent over the IPC channel. Without one that lives nothing is left to do: we end at once, and all that we
 * started, as by a kill; the next start finishes or undoes what we had begun.
 */
export function parentCalls() {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  let last = 0
  process.on('message', (message: Partial<ParentAnswer> | string) => {
    if (typeof message !== 'object' || !message?.answer) return
    const { answer } = message
    const asked = waiting.get(answer.id)
    if ('error' in answer) asked?.reject(new Error(answer.error))
    else asked?.resolve(answer.value)
  })
  process.once('disconnect', endWithAllThatWeStarted)
  if (!process.connected) endWithAllThatWeStarted()
  return async <T = null>(call: ParentCall, more: { force?: boolean; span?: PrintedSpan } = {}): Promise<T> => {
    last += 1
    const id = last
    const asked = Promise.withResolvers<unknown>()
    waiting.set(id, asked)
    const limit = setTimeout(() => asked.reject(new Error(`the watchdog does not answer to ${call}`)), ANSWER_MS)
    process.send?.({ ask: { id, call, ...more } } satisfies ParentQuestion, () => {})
    try {
      return (await asked.promise) as T
    } finally {
      clearTimeout(limit)
      waiting.delete(id)
    }
  }
}

/** Programs are in groups of their own. The watchdog made us the leader of a group; where somebody else did not, we end alone. */
function endWithAllThatWeStarted() {
  const { AJAR_DEPLOY_DIR: folder } = process.env
  if (folder) killPrograms(folder)
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    process.exit(1)
  }
}
