import { useEffect, useRef } from 'preact/hooks'
import { useConsole } from './console.ts'
import { Button } from './design/elements.tsx'
import './account.css'

const MENU = 'account-menu'

/** Who is signed in, with a menu that the browser closes on Escape and on a click elsewhere. */
export function Account() {
  const { session, router, notices } = useConsole()
  const menu = useRef<HTMLDivElement>(null)
  const who = session.who.value
  const route = router.route.value
  useEffect(() => menu.current?.hidePopover(), [route])
  if (!who) return null
  const signOut = () => session.signOut().catch((error) => notices.failed(error))
  return (
    <div class="account">
      <button class="button quiet" type="button" popovertarget={MENU} title={`${who.name}, ${who.role}`}>
        <span class="icon person" aria-hidden="true" />
        <span class="who">{who.name}</span>
      </button>
      <div id={MENU} class="menu" popover="auto" ref={menu}>
        <p>
          {who.name} <small>{who.role}</small>
        </p>
        <a href="/docs">API</a>
        <Button kind="quiet" onClick={() => void signOut()}>
          Sign out
        </Button>
      </div>
    </div>
  )
}
