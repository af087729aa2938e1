import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Process } from '@ajar/local'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { until } from '../journeys/system.ts'
import { needsProgram } from '../setup/needs.ts'
import { type Browser, hasBrowser, startBrowser } from './browser.ts'
import './patience.ts'
import { Visit } from './visit.ts'

/** What `npm start` prints is a link, and the link is all that one needs. */

const START = fileURLToPath(new URL('../../deploy/local/start.ts', import.meta.url))

let folder: string
let start: Process
let browser: Browser
const printed: string[] = []

beforeAll(async () => {
  if (!hasBrowser) return
  folder = await mkdtemp(join(tmpdir(), 'ajar-console-'))
  start = new Process(START, [], {
    environment: { AJAR_DATA_DIR: folder, AJAR_HTTP_PORT: '0', AJAR_MQTT_PORT: '0', AJAR_DEMO: '0' },
    onLine: (line) => printed.push(line),
  })
  browser = await startBrowser()
})
beforeEach((context) => needsProgram('chromium', 'chromium', context))
afterAll(async () => {
  await browser?.close()
  await start?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

test('the printed link signs in: its token leaves the address and stays where no script reads it', async () => {
  const link = await until(() => printed.map((line) => /http:\S+#token=\S+/.exec(line)?.[0]).find(Boolean))
  const [address = '', token = ''] = link.split('#token=')
  const visit = await Visit.begin(browser)
  const { page, context } = visit
  await page.goto(link)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()

  expect(page.url()).toBe(address)
  const [cookie, ...others] = await context.cookies()
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' })
  expect(others).toEqual([])
  // Not the admin's token: one of its own, that ends with the session.
  expect(cookie?.value).not.toBe(token)
  const readable = await page.evaluate('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })')
  expect(readable).not.toContain(token)
  expect(readable).not.toContain(cookie?.value)

  await page.goBack().catch(() => null)
  expect(page.url()).not.toContain(token)
  expect(visit.faults).toEqual([])
  await visit.close()
})

test('without a token the console asks for one, and says when it is wrong', async () => {
  const link = await until(() => printed.map((line) => /http:\S+#token=\S+/.exec(line)?.[0]).find(Boolean))
  const [address = '', token = ''] = link.split('#token=')
  const visit = await Visit.begin(browser)
  const { page } = visit
  await page.goto(address)
  const field = page.getByLabel('Token', { exact: true })
  await field.fill('not-the-token-of-anybody')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('does not know this token').waitFor()
  await field.fill(token)
  await page.keyboard.press('Enter')
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  expect(visit.faults).toEqual([])
  await visit.close()
})

test('the link opened in a tab that shows the console already signs in there', async () => {
  const link = await until(() => printed.map((line) => /http:\S+#token=\S+/.exec(line)?.[0]).find(Boolean))
  const [address = ''] = link.split('#token=')
  const visit = await Visit.begin(browser)
  const { page } = visit
  await page.goto(address)
  await page.getByLabel('Token', { exact: true }).waitFor()
  await page.evaluate('globalThis.sameDocument = true')
  await page.goto(link) // another fragment of the same page: nothing is loaded
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  expect(page.url()).toBe(address)
  expect(await page.evaluate('globalThis.sameDocument')).toBe(true)
  await visit.close()
})

test('a link whose token is of no use says so on the page', async () => {
  const link = await until(() => printed.map((line) => /http:\S+#token=\S+/.exec(line)?.[0]).find(Boolean))
  const visit = await Visit.begin(browser)
  await visit.page.goto(link.replace(/#token=.*/, '#token=of-no-use'))
  await visit.page.getByRole('alert').getByText('The link did not sign you in').waitFor()
  expect(visit.page.url()).not.toContain('of-no-use')
  await visit.close()
})
