import { onTestFinished, vi } from 'vitest'

/** The parts of a browser that the console's classes use, in place of a real one. */

/** `location`, `history`, `document` and the window's events, at an address of the console. */
export function openAt(path: string): { page: EventTarget; document: EventTarget; go(path: string): void } {
  const page = new EventTarget()
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' })
  const location = new URL(path, 'http://console')
  const go = (to: string) => {
    location.href = new URL(to, location).href
  }
  stub('location', location)
  stub('history', {
    replaceState: (_: unknown, __: string, to: string) => go(to),
    pushState: (_: unknown, __: string, to: string) => go(to),
  })
  stub('document', document)
  stub('scrollTo', () => {})
  stub('addEventListener', page.addEventListener.bind(page))
  for (const storage of ['localStorage', 'sessionStorage']) {
    const kept = new Map<string, string>()
    stub(storage, {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    })
  }
  return { page, document, go }
}

/** @param answer of the server to `METHOD /path`: a status with a body, or null where it does not answer */
export function serve(answer: (call: string, body: unknown) => [status: number, body: object] | null) {
  const calls: string[] = []
  stub('fetch', async (path: string, { method = 'GET', body }: RequestInit = {}) => {
    calls.push(`${method} ${path}`)
    const said = answer(`${method} ${path}`, body === undefined ? undefined : JSON.parse(String(body)))
    if (!said) throw new TypeError('fetch failed')
    const [status, json] = said
    return new Response(status === 204 ? null : JSON.stringify(json), { status })
  })
  return calls
}

export function stub(name: string, value: unknown) {
  vi.stubGlobal(name, value)
  onTestFinished(() => void vi.unstubAllGlobals())
}
