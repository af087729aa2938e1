import { checkConfig } from '@ajar/edge-agent'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { barriers } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { Visit } from './visit.ts'

/** Devices come and go in one tab, and every tab knows; a credential that is shown once is not lost by one key. */

let visit: Visit

setStage({
  prepare: async () => {
    visit = await Visit.begin(browser)
    await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
    await visit.page.getByRole('heading', { name: 'No device yet' }).waitFor()
  },
})

const focused = (page: Page, role: 'button' | 'heading', name: string | RegExp) =>
  expect.poll(() => page.getByRole(role, { name }).evaluate((element) => element.matches(':focus'))).toBe(true)

test('devices that could not be loaded can be asked for again', async () => {
  const { page } = visit
  await page.route('**/api/devices', (route) => route.abort())
  await page.goto(`${system.server.http}/devices`)
  await page.getByRole('heading', { name: 'The devices could not be loaded' }).waitFor()
  await page.unroute('**/api/devices')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { name: 'No device yet' }).waitFor()
})

test('a credential is not lost by a stray Escape, and the focus goes to what is left', async () => {
  const { page } = visit
  await page.getByRole('button', { name: 'Add the first device' }).click()
  await page.keyboard.type('garage-pi')
  await page.keyboard.press('Enter')
  const credential = page.getByRole('dialog', { name: 'Connect garage-pi' })
  const question = page.getByRole('dialog', { name: 'Close without a copy?' })
  await credential.waitFor()
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('Escape')
    await question.waitFor()
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'detached' })
  }
  expect(await credential.isVisible()).toBe(true)
  for (const line of [/^npm run build:agent -- arm64\s+scp /, /^tar xzf .*install\.sh$/, /^sudo \.\/install\.sh$/])
    await credential.getByText(line).waitFor()
  const config = credential.getByText('"driver":"auto"')
  expect(checkConfig(JSON.parse((await config.textContent()) ?? '')).cameras).toMatchObject([{ driver: 'auto' }])
  await credential.getByText('Or try it first with a single picture').click()
  await credential.getByText(/^mosquitto_pub .* -f picture\.jpg$/).waitFor()
  await credential.getByText('Or a board that sends readings').click()
  await credential.getByText(/^mosquitto_pub .* -t ajar\/garage-pi\/heat\/reading -m '.*'$/).waitFor()
  await credential.getByText(/^curl -X POST .*\/api\/sensors\/garage-pi\/heat\/readings/).waitFor()
  expect(await barriers(page)).toEqual([])
  await credential.getByRole('button', { name: 'Copy: Credential' }).click()
  await credential.getByText('Copied').waitFor()
  await page.keyboard.press('Escape')
  await credential.waitFor({ state: 'detached' })
  await focused(page, 'heading', 'Devices')
})

test('another tab hears of devices that are added, disabled and removed', async () => {
  const other = await visit.context.newPage()
  await other.goto(`${system.server.http}/`)
  await other.getByRole('heading', { name: 'No frames yet' }).waitFor()
  const { page } = visit
  const card = page.getByRole('listitem').filter({ hasText: 'shed-pi' })
  await system.addDevice('shed-pi')
  await card.getByText('never seen').waitFor()
  await expect(system.connect('shed-pi', 'not-its-token')).rejects.toThrow()
  await card.getByText(/^Refused .*: wrong credential\. /).waitFor()
  await system.api.send('PATCH', '/api/devices/shed-pi', { disabled: true })
  await card.getByText('disabled').waitFor()
  await system.api.send('DELETE', '/api/devices/shed-pi')
  await card.waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Remove' }).click()
  await page.keyboard.type('garage-pi')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'No device yet' }).waitFor()
  await focused(page, 'heading', 'Devices')
  await other.getByRole('heading', { name: 'No device yet' }).waitFor()
})

test('an older client stands beside them, with nothing to change of it', async () => {
  const { page } = visit
  const call = { method: 'POST', headers: { authorization: `Bearer ${ADMIN_TOKEN}` } }
  const body = JSON.stringify({ NAME: 'RPI 1', ID: 10522 })
  await fetch(`${system.server.http}/server/post/keep_alive`, { ...call, body })
  const card = page.getByRole('listitem').filter({ hasText: 'RPI 1' })
  await card.getByText('an older client, by HTTP').waitFor()
  expect(await card.getByText('10522').isVisible()).toBe(true)
  expect(await card.getByRole('button').count()).toBe(0)
})

test('a sender of packets stands below the devices; its page and the wall say whose model it asks', async () => {
  const { page } = visit
  const payload = JSON.stringify(Array.from({ length: 106 }, (_, i) => i / 10))
  const call = { method: 'POST', headers: { authorization: `Bearer ${ADMIN_TOKEN}` } }
  const sent = await fetch(`${system.server.http}/ml/post/inference`, { ...call, body: JSON.stringify({ payload }) })
  expect(await sent.text()).toContain('Success')
  await page.goto(`${system.server.http}/devices`)
  await page.getByRole('region', { name: 'Sensors of older clients' }).getByRole('link', { name: /^csi-/ }).click()
  await page.getByText(/^It asks the model of/).waitFor()
  await page.getByLabel('Readings that must agree').fill('2')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('The settings are kept.').waitFor()
  await page.goto(`${system.server.http}/`)
  await page.locator('.tile').filter({ hasText: 'asks the model of legacy/csi' }).waitFor()
})
