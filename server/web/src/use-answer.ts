import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { get } from './api/client.ts'
import { useConsole } from './console.ts'

const ANSWER_MS = 10_000

export interface Answered<Body> {
  /** Null until it is loaded. */
  body: ReadonlySignal<Body | null>
  /** Why the last call failed. */
  fault: ReadonlySignal<unknown>
  load(): Promise<void>
}

/**
 * What a path answers, asked for again when the line is back. Of another path the answer takes the place of the one before.
 * @param pollMs asked for so often too while somebody looks; null: nobody else changes it
 */
export function useAnswer<Body>(path: string, pollMs: number | null = null): Answered<Body> {
  const { live } = useConsole()
  const body = useSignal<Body | null>(null)
  const fault = useSignal<unknown>(null)
  const wanted = useRef(path)
  wanted.current = path
  const load = async () => {
    try {
      const answer = await get<Body>(path, {}, AbortSignal.timeout(ANSWER_MS))
      if (path !== wanted.current) return
      body.value = answer
      fault.value = null
    } catch (error) {
      if (path === wanted.current) fault.value = error
    }
  }
  useEffect(() => {
    void load()
    if (pollMs === null) return
    const poll = setInterval(() => document.visibilityState === 'visible' && void load(), pollMs)
    return () => clearInterval(poll)
  }, [live.liveness.value, path])
  return { body, fault, load }
}
