import { type ReadonlySignal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useConsole } from '../../console.ts'

interface Asked<T> {
  body: ReadonlySignal<T | null>
  fault: ReadonlySignal<unknown>
  load(): Promise<void>
}

/** Members say something all the time: what they make together is asked for so often at most. */
const EVERY_MS = 2000

/**
 * What is shown of doors, asked for anew as they change.
 * @param isOf whether events of this source change it
 */
export function useDoors<T>(ask: () => Promise<T>, isOf: (source: string) => boolean): Asked<T> {
  const { live, notices } = useConsole()
  const body = useSignal<T | null>(null)
  const fault = useSignal<unknown>(null)
  const load = async () => {
    try {
      body.value = await ask()
      fault.value = null
    } catch (error) {
      if (body.peek() === null) fault.value = error
      else notices.failed(error) // what is shown stays
    }
  }
  useEffect(() => {
    let next: ReturnType<typeof setTimeout> | null = null
    const later = () => {
      next ??= setTimeout(() => {
        next = null
        void load()
      }, EVERY_MS)
    }
    void load()
    const end = live.listen(({ kind, data }) => {
      if ((kind === 'result' || kind === 'transition' || kind === 'camera') && isOf(data.camera)) later()
    })
    return () => {
      end()
      if (next !== null) clearTimeout(next)
    }
  }, [])
  return { body, fault, load }
}
