import { useEffect, useState } from 'preact/hooks'
import type { StreamEvent } from '../api/events.ts'
import { useConsole } from '../console.ts'
import { announcementOf } from './announcements.ts'

/** Nobody is told more often, however much happens. Milliseconds. */
const QUIET_MS = 5_000
const MOST = 200

/** Reads changes of state out, politely, for those who do not see them. */
export function Announcer() {
  const { live } = useConsole()
  const [text, say] = useState('')
  useEffect(() => {
    let heard: StreamEvent[] = []
    const end = live.listen((event) => {
      if (event.kind === 'transition' && heard.length < MOST) heard.push(event)
    })
    const speaking = setInterval(() => {
      const announcement = announcementOf(heard)
      heard = []
      if (announcement !== null) say(announcement)
    }, QUIET_MS)
    return () => {
      end()
      clearInterval(speaking)
    }
  }, [])
  return (
    <p class="hidden-text" aria-live="polite">
      {text}
    </p>
  )
}
