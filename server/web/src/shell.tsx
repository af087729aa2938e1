import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Account } from './account.tsx'
import type { Role } from './api/bodies.ts'
import { useConsole } from './console.ts'
import { Button } from './design/elements.tsx'
import { nextTheme, theme } from './design/theme.ts'
import { Toasts } from './design/toasts.tsx'
import { InTrouble, Troubles } from './health/in-trouble.tsx'
import { Announcer } from './live/announcer.tsx'
import { Hatching } from './ribbon/bands.tsx'
import type { Route } from './router/route.ts'

interface ShownPage {
  page: Route['page']
  path: string
  name: string
  /** Without it, for everybody. */
  for?: Role[]
}

const PAGES = [
  { page: 'wall', path: '/', name: 'Wall' },
  { page: 'alerts', path: '/alerts', name: 'Alerts' },
  { page: 'devices', path: '/devices', name: 'Devices' },
  { page: 'laboratory', path: '/laboratory', name: 'Laboratory', for: ['analyst', 'operator', 'admin'] },
  { page: 'tasks', path: '/tasks', name: 'Tasks', for: ['analyst', 'operator', 'admin'] },
  { page: 'programs', path: '/programs', name: 'Programs', for: ['analyst', 'operator', 'admin'] },
  { page: 'logs', path: '/logs', name: 'Logs', for: ['operator', 'admin'] },
  { page: 'processes', path: '/processes', name: 'Processes', for: ['operator', 'admin'] },
  { page: 'releases', path: '/releases', name: 'Releases', for: ['operator'] },
  { page: 'releases', path: '/releases', name: 'Releases & backups', for: ['admin'] },
] as const satisfies ShownPage[]

/** More are not counted on a small sign. */
const MOST_SAID = 99

/** What stands around every page: where one is, where one can go, and whether what one sees is live. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { router, notices, session } = useConsole()
  const role = session.who.value?.role
  const pages = PAGES.filter((one) => !('for' in one) || one.for.some((wanted) => wanted === role))
  const route = router.route.value
  const main = useFocusOnChange(route)
  const title = titleOf(route, pages)
  useEffect(() => {
    document.title = title
  }, [title])
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="logo" href="/">
          <Logo />
          <span>ajar</span>
        </a>
        <nav aria-label="Pages">
          {pages.map(({ page, path, name }) => (
            <a key={page} href={path} aria-current={route.page === page ? 'page' : undefined}>
              <span class={`icon ${page}`} aria-hidden="true" />
              {inTwoLines(name)}
              {page === 'alerts' && <ToAcknowledge />}
              {page === 'processes' && <Troubles />}
            </a>
          ))}
        </nav>
        <LivenessSign />
        <ThemeButton />
        <Account />
      </header>
      <NotLive />
      <InTrouble />
      <main id="main" tabIndex={-1} ref={main}>
        {children}
      </main>
      <Toasts notices={notices} />
      <Announcer />
      <Hatching />
    </div>
  )
}

/** Where there is no room for one: a line does not end with a sign. */
const inTwoLines = (name: string) => name.replace('& ', '&\u00a0')

/** How many alerts wait for somebody to see them. */
function ToAcknowledge() {
  const { unacknowledged, gravest } = useConsole().live.alerts
  const count = unacknowledged.value
  if (count === 0) return null
  return (
    <span class={`nav-count ${gravest.value}`}>
      <span aria-hidden="true">{count > MOST_SAID ? `${MOST_SAID}+` : count}</span>
      <span class="hidden-text">
        , {count} not acknowledged, at worst {gravest}
      </span>
    </span>
  )
}

/** Another page takes the focus, as a page that is loaded does. */
function useFocusOnChange(route: Route) {
  const main = useRef<HTMLElement>(null)
  const isFirst = useRef(true)
  const place = JSON.stringify(route)
  useEffect(() => {
    if (!isFirst.current && place !== '') main.current?.focus({ preventScroll: true })
    isFirst.current = false
  }, [place])
  return main
}

function titleOf(route: Route, pages: ShownPage[]): string {
  if ('camera' in route) {
    const camera = `${route.camera} · ${route.device} · ajar`
    if (route.page === 'teach') return `Teach ${camera}`
    if (route.page === 'models') return `Models of ${camera}`
    return route.page === 'model' ? `Model ${route.version} of ${camera}` : camera
  }
  if (route.page === 'sensor') return `${route.sensor} · ${route.device} · ajar`
  if (route.page === 'doors') return `${route.door ?? 'Doors'} · ajar`
  const page = (route.page === 'tasks' && route.task) || pages.find((one) => one.page === route.page)?.name
  return page ? `${page} · ajar` : 'ajar'
}

function LivenessSign() {
  const liveness = useConsole().live.liveness.value
  return (
    <span class={`liveness ${liveness}`} role="status">
      {liveness === 'live' ? 'Live' : 'Not live'}
    </span>
  )
}

/** Said large, because everything on the page may be old. */
function NotLive() {
  const { liveness, isRedeployed } = useConsole().live
  if (liveness.value !== 'reconnecting') return null
  if (isRedeployed.value)
    return (
      <p class="not-live expected" role="status">
        A release is being deployed, and the server restarts with it: the console goes on by itself.
      </p>
    )
  return (
    <p class="not-live" role="status">
      Not live: reconnecting … What you see may be old.
    </p>
  )
}

function ThemeButton() {
  const name = theme.value
  const title = `Colours: ${name === 'system' ? 'as the system' : name}`
  return (
    <Button kind="quiet" class="theme" aria-label={title} title={title} onClick={nextTheme}>
      <span class={`icon theme-${name}`} aria-hidden="true" />
    </Button>
  )
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <rect width="32" height="32" rx="7" class="logo-ground" />
      <path d="M8 6h14v20H8z" fill="none" stroke="#fff" stroke-width="2" stroke-linejoin="round" />
      <path d="M8 6l8 4v18l-8-2z" fill="#fff" />
      <circle cx="13.4" cy="18" r="1.3" class="logo-ground" />
    </svg>
  )
}
