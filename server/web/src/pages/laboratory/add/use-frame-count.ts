import { useEffect, useState } from 'preact/hooks'
import type { FrameBody, List } from '../../../api/bodies.ts'
import { get } from '../../../api/client.ts'
import type { FrameQuery } from '../../../api/laboratory-bodies.ts'
import { amount, counted } from '../../../design/words.ts'

/** So many frames a query may stand for. */
export const MOST_FRAMES = 5000
const A_PAGE = 1000
const SETTLE_MS = 250

/** How many frames a query stands for, as far as they were counted. */
export interface FrameCount {
  count: number
  /** There are no more. */
  isWhole: boolean
  /** The first of them, for a look. */
  first: string[]
  fault: string | null
}

const LOOK = 12

/** Counts what a query stands for, before it is taken. Null where there is none. */
export function useFrameCount(query: FrameQuery | null): FrameCount | null {
  const [count, setCount] = useState<FrameCount | null>(null)
  const asked = JSON.stringify(query)
  useEffect(() => {
    setCount(null)
    if (query === null) return
    const ending = new AbortController()
    const settling = setTimeout(() => void counting(query, setCount, ending.signal), SETTLE_MS)
    return () => {
      clearTimeout(settling)
      ending.abort()
    }
  }, [asked])
  return count
}

async function counting(query: FrameQuery, tell: (count: FrameCount) => void, signal: AbortSignal) {
  let [count, first, cursor]: [number, string[], string | undefined] = [0, [], undefined]
  try {
    do {
      const page: List<FrameBody> = await get('/api/frames', { ...query, limit: A_PAGE, cursor }, signal)
      const kept = page.items.filter(({ pruned, outcome }) => pruned !== true && outcome !== 'refused')
      if (count === 0) first = kept.slice(0, LOOK).map(({ id }) => id)
      count += kept.length
      cursor = page.next ?? undefined
      tell({ count, isWhole: cursor === undefined, first, fault: null })
    } while (cursor !== undefined && count <= MOST_FRAMES)
  } catch (error) {
    if (!signal.aborted) tell({ count, isWhole: false, first, fault: (error as Error).message })
  }
}

/** @param rest what else is to be known */
export function countInWords(count: FrameCount | null, rest = ''): string {
  if (count === null) return 'Counting …'
  if (count.fault !== null) return count.fault
  if (isTooMany(count))
    return `More than ${amount(MOST_FRAMES)} frames, which is more than are taken at once: choose a shorter span, or take fewer of it.`
  return `${counted(count.count, 'frame')}${count.isWhole ? '' : ' and more'}. ${rest}`.trim()
}

export const isTooMany = ({ count }: FrameCount) => count > MOST_FRAMES
