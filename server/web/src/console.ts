import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Notices } from './design/notices.ts'
import type { Live } from './live/live.ts'
import type { Router } from './router/router.ts'
import type { Session } from './session/session.ts'

/** What every page may use. */
export interface Console {
  router: Router
  session: Session
  live: Live
  notices: Notices
}

export const ConsoleContext = createContext<Console | null>(null)

export function useConsole(): Console {
  const console = useContext(ConsoleContext)
  if (!console) throw new Error('a page is rendered outside of the console')
  return console
}
