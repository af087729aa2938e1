import { existsSync } from 'node:fs'
import { type BrowserServer, type Browser as Chromium, chromium } from 'playwright-core'

/** Debian's package; Playwright brings no browser of its own. */
const CHROMIUM = '/usr/bin/chromium'

/** Nothing but our server is asked for anything. As root chromium starts only without its sandbox. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

export interface Browser {
  chromium: Chromium
  /** The first of its processes: all others are its descendants. */
  pid: number
  close(): Promise<void>
}

/** Where there is none, tests of the console say so and are skipped. */
export const hasBrowser = existsSync(CHROMIUM)

/** Starts a headless chromium with a fresh profile. */
export async function startBrowser(): Promise<Browser> {
  const server: BrowserServer = await chromium.launchServer({
    executablePath: CHROMIUM,
    headless: true,
    chromiumSandbox: false,
    args: ARGUMENTS,
  })
  const connected = await chromium.connect(server.wsEndpoint())
  return {
    chromium: connected,
    pid: server.process().pid ?? -1,
    async close() {
      await connected.close()
      await server.close()
    },
  }
}
