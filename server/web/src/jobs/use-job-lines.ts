import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { JobLineBody, List } from '../api/bodies.ts'
import { get, isAway } from '../api/client.ts'

const ASK_MS = 2000
/** As many as the server gives at once. */
const MOST = 500

export interface JobLines {
  /** Null until they are loaded. */
  lines: ReadonlySignal<JobLineBody[] | null>
  /** Why no more come; of a server that is away other things tell. */
  fault: ReadonlySignal<string | null>
}

/**
 * The lines that a job wrote, and those that it writes: what is here stays while the server is away.
 * @param isRunning then more lines may come
 * @param isWanted they are asked for only then
 */
export function useJobLines(id: string, { isRunning, isWanted }: { isRunning: boolean; isWanted: boolean }): JobLines {
  const lines = useSignal<JobLineBody[] | null>(null)
  const fault = useSignal<string | null>(null)
  useEffect(() => {
    lines.value = null
  }, [id])
  useEffect(() => {
    if (!isWanted) return
    let isLeft = false
    let asking: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      let isMissing = false
      try {
        const after = lines.peek()?.at(-1)?.seq ?? 0
        const { items } = await get<List<JobLineBody>>(`/api/jobs/${id}/log`, { after })
        if (isLeft) return
        lines.value = [...(lines.peek() ?? []), ...items]
        fault.value = null
        if (items.length === MOST) return void ask()
      } catch (error) {
        isMissing = true
        if (!isLeft && !isAway(error)) fault.value = (error as Error).message
      }
      if (!isLeft && (isRunning || isMissing)) asking = setTimeout(() => void ask(), ASK_MS)
    }
    void ask()
    return () => {
      isLeft = true
      clearTimeout(asking)
    }
  }, [id, isRunning, isWanted])
  return { lines, fault }
}
