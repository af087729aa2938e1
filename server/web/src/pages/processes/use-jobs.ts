import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { JobBody, List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { inOrder } from './jobs.ts'

const POLL_MS = 5_000
const ANSWER_MS = 10_000
const MOST_CURRENT = 50
const MOST_RECENT = 20
/** Many come in a minute, and the list has none of them. */
const PASSING = 'program'

export interface Jobs {
  /** Those that wait or run, then those that ended last; null until they are loaded. */
  list: ReadonlySignal<JobBody[] | null>
  /** Why they are not there; null where the last answer came. */
  fault: ReadonlySignal<string | null>
  load(): Promise<void>
}

/** The jobs of the server, asked for again and again, and at once when the stream tells of one that is new or ended. */
export function useJobs(): Jobs {
  const { live } = useConsole()
  const list = useSignal<JobBody[] | null>(null)
  const fault = useSignal<string | null>(null)
  const load = async () => {
    const ask = (query: { state?: string; limit: number }) =>
      get<List<JobBody>>('/api/jobs', query, AbortSignal.timeout(ANSWER_MS))
    try {
      const [current, recent] = await Promise.all([
        ask({ state: 'queued,running', limit: MOST_CURRENT }),
        ask({ limit: MOST_RECENT }),
      ])
      list.value = inOrder(current.items, recent.items)
      fault.value = null
    } catch (error) {
      fault.value = (error as Error).message
    }
  }
  useEffect(() => {
    let isLoading = false
    const loadOnce = async () => {
      if (isLoading || document.visibilityState !== 'visible') return
      isLoading = true
      await load()
      isLoading = false
    }
    void loadOnce()
    const poll = setInterval(() => void loadOnce(), POLL_MS)
    const end = live.listen(({ kind, data }) => {
      if (kind !== 'job' || data.kind === PASSING) return
      const known = list.peek()?.find(({ id }) => id === data.id)
      if (known?.state !== data.state) void loadOnce()
    })
    return () => {
      clearInterval(poll)
      end()
    }
  }, [live.liveness.value])
  return { list, fault, load }
}
