import { type ReadonlySignal, signal } from '@preact/signals'
import { type Route, routeOf } from './route.ts'

/** Which page is shown. Links are plain `<a href>`: a click on one of ours changes the page without loading it anew. */
export class Router {
  readonly #route = signal<Route>(routeOf(location.pathname))
  readonly #query = signal(location.search)
  #wallPath = '/'

  get route(): ReadonlySignal<Route> {
    return this.#route
  }

  /** `?name=value...` of the page that is shown, or nothing. */
  get query(): ReadonlySignal<string> {
    return this.#query
  }

  /** The wall as it was left. */
  get wallPath(): string {
    return this.#wallPath
  }

  start() {
    this.#show()
    addEventListener('popstate', () => this.#show())
    document.addEventListener('click', (event) => {
      const link = event.target instanceof Element ? event.target.closest('a') : null
      if (!link || !isOurs(link) || isForBrowser(event)) return
      event.preventDefault()
      this.go(link.pathname + link.search)
    })
  }

  /** @param instead replaces the entry of the history, so that "back" does not lead here */
  go(path: string, { instead = false } = {}) {
    if (path === location.pathname + location.search) return
    if (instead) history.replaceState(null, '', path)
    else history.pushState(null, '', path)
    this.#show()
    scrollTo(0, 0)
  }

  /** Another view of the page that is shown: it takes its place in the history. @param query as `query` */
  refine(query: string) {
    if (query === location.search) return
    history.replaceState(null, '', location.pathname + query)
    this.#show()
  }

  #show() {
    const route = routeOf(location.pathname)
    if (JSON.stringify(route) !== JSON.stringify(this.#route.peek())) this.#route.value = route
    this.#query.value = location.search
    if (route.page === 'wall') this.#wallPath = location.pathname + location.search
  }
}

function isOurs(link: HTMLAnchorElement): boolean {
  if (link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return false
  // Within the page, as the skip link; what is no page of ours is the server's.
  return link.getAttribute('href')?.startsWith('#') === false && routeOf(link.pathname).page !== 'missing'
}

/** A new tab or window is the browser's. */
function isForBrowser(event: MouseEvent): boolean {
  return (
    event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
  )
}
