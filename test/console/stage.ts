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
  /** Each test goes on where the one before ended: after one that failed, the others fail at once. */
  isChain?: boolean
}

/** Called once at the top of a file. Its tests are skipped where there is no chromium. */
export function setStage({ settings = async () => ({}), prepare = async () => {}, isChain = false }: Play = {}) {
  let broken: string | null = null
  beforeAll(async () => {
    if (!hasBrowser) return
    await buildPages()
    system = await System.start(await settings())
    browser = await startBrowser()
    await prepare()
  })
  beforeEach((context) => {
    needsProgram('chromium', 'chromium', context)
    if (!isChain) return
    const { name } = context.task
    if (broken !== null && broken !== name) throw new Error(`it goes on from "${broken}", which failed`)
    context.onTestFailed(() => {
      broken ??= name
    })
  })
  afterAll(async () => {
    await browser?.close()
    await system?.close()
  })
}
