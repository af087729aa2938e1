import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Started } from '../journeys/started.ts'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { needsProgram } from '../setup/needs.ts'
import './patience.ts'
import { type Browser, hasBrowser, startBrowser } from './browser.ts'
import { buildPages } from './pages.ts'
import { PHONE, Visit } from './visit.ts'

/** The processes page on a phone, while what it shows is restarted and ends. */

/** Lines come with the next poll, and an age is told in steps. */
const SLOWLY = { timeout: 60_000 }

let folder: string
let started: Started
let browser: Browser
let visit: Visit

beforeAll(async () => {
  if (!hasBrowser) return
  await buildPages()
  folder = await mkdtemp(join(tmpdir(), 'ajar-processes-page-'))
  started = new Started(join(folder, 'data'))
  browser = await startBrowser()
  await started.running('server')
  visit = await Visit.begin(browser, PHONE)
  await visit.page.goto(`http://127.0.0.1:${started.listening[0]?.http}/#token=${ADMIN_TOKEN}`)
  await visit.page.getByRole('heading', { name: 'Cameras' }).or(visit.page.getByText('No device yet')).first().waitFor()
  await visit.page.goto(`http://127.0.0.1:${started.listening[0]?.http}/processes`)
  await server().getByText('running').waitFor()
})
beforeEach((context) => needsProgram('chromium', 'chromium', context))
afterAll(async () => {
  await visit?.close()
  await browser?.close()
  await started?.process.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** What the page shows of the server. */
const server = () =>
  visit.page.getByRole('listitem').filter({ has: visit.page.getByRole('heading', { name: 'server', exact: true }) })

test('its last lines are wrapped, and open at the newest', async () => {
  await started.api.send('PATCH', '/api/logging', { components: { http: 'debug' } })
  for (let i = 0; i < 30; i++) await started.api.get(`/api/some-long-path-to-nowhere-${i}`).catch(() => {})
  await server().getByText('Its last lines').click()
  const lines = server().getByRole('region', { name: 'Last lines of server' })
  const missed = () => lines.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight)
  const isLonger = () => lines.evaluate((box) => box.scrollHeight > box.clientHeight)
  await expect.poll(isLonger, SLOWLY).toBe(true)
  await expect.poll(missed, SLOWLY).toBeLessThan(4)
  expect(await lines.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0)
})

test('a restart is told of when it is ordered, and again when the process is back', async () => {
  const { page } = visit
  await page.getByRole('button', { name: 'Restart server' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Restart', exact: true }).click()
  await page.getByText('The server is being restarted.').waitFor()
  await page.getByText('The server is back.').waitFor()
  await server().getByText('running').waitFor()
})

test('a server that does not answer is shown as that; nothing counts on, and no button does anything', async () => {
  const { page } = visit
  await started.process.stop()
  await server().getByText('not reachable').waitFor()
  await page.getByText('The server is not reachable.').waitFor()
  expect(await server().getByText('running').count()).toBe(0)
  const upFor = await server().getByText('Was up for').locator('..').textContent()
  const age = () => page.locator('.unreachable time').textContent()
  const before = await age()
  await expect.poll(age, SLOWLY).not.toBe(before)
  expect(await server().getByText('Was up for').locator('..').textContent()).toBe(upFor)
  for (const button of await page.getByRole('button', { name: /^Restart/ }).all())
    expect(await button.isDisabled()).toBe(true)
})
