import { useEffect, useState } from 'preact/hooks'
import type { KindBody, RuleBody } from '../../api/alert-bodies.ts'
import type { List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'

/** How a webhook gets on is told by no event. */
const POLL_MS = 10_000

export interface Rules {
  /** By name; null until they are loaded. */
  rules: RuleBody[] | null
  kinds: KindBody[]
  /** Why they could not be loaded the last time. */
  fault: unknown
  load(): Promise<void>
}

/** The rules, and what rules can be made of. */
export function useRules(): Rules {
  const { live } = useConsole()
  const [rules, setRules] = useState<RuleBody[] | null>(null)
  const [kinds, setKinds] = useState<KindBody[]>([])
  const [fault, setFault] = useState<unknown>(null)
  const load = async () => {
    try {
      const [known, { items }] = await Promise.all([
        get<List<KindBody>>('/api/alert-kinds'),
        get<List<RuleBody>>('/api/alert-rules'),
      ])
      setKinds(known.items)
      setRules(items.toSorted((one, other) => one.name.localeCompare(other.name)))
      setFault(null)
    } catch (error) {
      setFault(error)
    }
  }
  useEffect(() => {
    void load()
    const poll = setInterval(() => void load(), POLL_MS)
    return () => clearInterval(poll)
  }, [live.liveness.value])
  return { rules, kinds, fault, load }
}
