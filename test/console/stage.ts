import { afterAll, beforeAll, beforeEach } from 'vitest'
import { System } from '../journeys/system.ts'
import { needsProgram } from '../setup/needs.ts'
import './patience.ts'
import { type Browser, hasBrowser, startBrowser } from './browser.ts'
import { buildPages } from './pages.ts'

/** The server and the browser of a test file, from its first test to its last. */
export let system: System
export let browser: Browser

interface Play {
  /** Settings of the server. */
  settings?: () => Promise<Record<string, string>>
  /** What there has to be before the first test. */
  prepare?: () => Promise<void>
}

/** Called once at the top of a file. Its tests are skipped where there is no chromium. */
export function setStage({ settings = async () => ({}), prepare = async () => {} }: Play = {}) {
  beforeAll(async () => {
    if (!hasBrowser) return
    await buildPages()
    system = await System.start(await settings())
    browser = await startBrowser()
    await prepare()
  })
  beforeEach((context) => needsProgram('chromium', 'chromium', context))
  afterAll(async () => {
    await browser?.close()
    await system?.close()
  })
}
