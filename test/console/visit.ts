import type { BrowserContext, Page, Request } from 'playwright-core'
import type { Browser } from './browser.ts'

export interface Looks {
  theme: 'light' | 'dark'
  width: number
  height: number
}

/** What a page does not show by then, it never does. */
const LIMIT_MS = 60_000

export const DESKTOP: Looks = { theme: 'light', width: 1280, height: 800 }
export const PHONE: Looks = { theme: 'light', width: 360, height: 740 }

/** A person at the console: a browser without a past, and all that went wrong in it. */
export class Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** Errors of the console, of scripts, and of requests since the visit began. */
  readonly faults: string[] = []

  private constructor(context: BrowserContext, page: Page) {
    this.context = context
    this.page = page
  }

  static async begin({ chromium }: Browser, { theme, width, height }: Looks = DESKTOP): Promise<Visit> {
    const context = await chromium.newContext({
      colorScheme: theme,
      viewport: { width, height },
      reducedMotion: 'reduce',
      locale: 'en-GB',
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    context.setDefaultTimeout(LIMIT_MS)
    const visit = new Visit(context, await context.newPage())
    visit.#listen()
    return visit
  }

  close(): Promise<void> {
    return this.context.close()
  }

  #listen() {
    this.page.on('console', (message) => {
      if (message.type() === 'error' && !isQuestion(message.location().url)) this.faults.push(message.text())
    })
    this.page.on('pageerror', (error) => this.faults.push(String(error)))
    this.page.on('requestfailed', (request) => {
      if (!isGivenUp(request)) this.faults.push(`${request.url()}: ${request.failure()?.errorText}`)
    })
    this.page.on('response', (response) => {
      if (response.status() >= 400 && !isQuestion(response.url()))
        this.faults.push(`${response.request().method()} ${response.url()}: ${response.status()}`)
    })
  }
}

/** Whoever is not signed in is told so by a 401: an answer, not a fault. */
function isQuestion(url: string): boolean {
  return new URL(url, 'http://nowhere').pathname === '/api/session'
}

/** The page itself gave it up: a picture that a newer one replaced, the stream of a page that was left. */
function isGivenUp(request: Request): boolean {
  return request.failure()?.errorText === 'net::ERR_ABORTED'
}
