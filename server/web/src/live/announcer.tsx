import { useEffect, useState } from 'preact/hooks'
import type { AlertBody } from '../api/alert-bodies.ts'
import type { StreamEvent } from '../api/events.ts'
import { useConsole } from '../console.ts'
import { alertsInWords, announcementOf } from './announcements.ts'

/** Nobody is told more often, however much happens. Milliseconds. */
const QUIET_MS = 5_000
const MOST = 200

/** Reads alerts and changes of state out, politely, for those who do not see them. */
export function Announcer() {
  const { live } = useConsole()
  const [text, say] = useState('')
  useEffect(() => {
    let heard: StreamEvent[] = []
    let news: AlertBody[] = []
    const endEvents = live.listen((event) => {
      if (event.kind === 'transition' && heard.length < MOST) heard.push(event)
    })
    const endNews = live.alerts.onNews((alert) => {
      if (news.length < MOST) news.push(alert)
    })
    const speaking = setInterval(() => {
      const said = [alertsInWords(news), announcementOf(heard)].filter((one) => one !== null)
      heard = []
      news = []
      if (said.length > 0) say(said.join('. '))
    }, QUIET_MS)
    return () => {
      endEvents()
      endNews()
      clearInterval(speaking)
    }
  }, [])
  return (
    <p class="hidden-text" aria-live="polite">
      {text}
    </p>
  )
}
