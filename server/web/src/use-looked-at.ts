import { useEffect } from 'preact/hooks'

/** Calls when the page is looked at again: what was changed beside it, as in another tab, is not told by the stream. */
export function useLookedAt(load: () => unknown, of: unknown[] = []) {
  useEffect(() => {
    const look = () => document.visibilityState === 'visible' && void load()
    document.addEventListener('visibilitychange', look)
    addEventListener('focus', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      removeEventListener('focus', look)
    }
  }, of)
}
