import { effect } from '@preact/signals'
import { render } from 'preact'
import { whenSignedOut } from './api/client.ts'
import { App } from './app.tsx'
import { ConsoleContext } from './console.ts'
import { startClock } from './design/clock.ts'
import { Notices } from './design/notices.ts'
import { startTheme } from './design/theme.ts'
import './design/tokens.css'
import './design/base.css'
import './design/elements.css'
import './design/layout.css'
import { Live } from './live/live.ts'
import { Router } from './router/router.ts'
import { isByLink } from './session/link.ts'
import { Session } from './session/session.ts'

const router = new Router()
const session = new Session()
const live = new Live(() => void session.ask())
const notices = new Notices()

whenSignedOut(() => void session.ask())
startTheme()
startClock()
router.start()
const root = document.getElementById('console')
if (root)
  render(
    <ConsoleContext.Provider value={{ router, session, live, notices }}>
      <App />
    </ConsoleContext.Provider>,
    root,
  )
effect(() => {
  const who = session.who.value
  if (who) live.start()
  else if (who === null) live.stop()
})
effect(() => {
  if (live.liveness.value === 'live') notices.reached()
})
effect(() => {
  const fault = session.linkFault.value
  if (fault && session.who.peek()) notices.failed(fault)
})
// Cameras and who is signed in are asked for at the same time; a link that signs in comes first.
const byLink = isByLink()
void session.start()
if (session.isLikely && !byLink) live.start()
