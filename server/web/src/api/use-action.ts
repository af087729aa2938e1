import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { useConsole } from '../console.ts'
import { ApiError } from './client.ts'

export interface Action {
  busy: ReadonlySignal<boolean>
  /** What the server said is wrong with a field of the form. */
  fault: ReadonlySignal<ApiError | null>
  /** @param work what it resolves with is said in a notice */
  run(work: () => Promise<string | undefined>): Promise<void>
}

/**
 * One thing that a form asks of the server: once at a time, and what comes of it is said beside it or in a notice. What
 * was said of the attempt before goes when the next one begins.
 */
export function useAction(): Action {
  const { notices } = useConsole()
  const busy = useSignal(false)
  const fault = useSignal<ApiError | null>(null)
  const notice = useRef<number | null>(null)
  const run = async (work: () => Promise<string | undefined>) => {
    if (notice.current !== null) notices.close(notice.current)
    notice.current = null
    busy.value = true
    fault.value = null
    try {
      const done = await work()
      if (done !== undefined) notice.current = notices.done(done)
    } catch (error) {
      if (error instanceof ApiError && error.field !== null) fault.value = error
      else notice.current = notices.failed(error)
    }
    busy.value = false
  }
  return { busy, fault, run }
}
