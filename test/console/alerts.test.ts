import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MqttClient } from 'mqtt'
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { barriers, overflow } from './judge.ts'
import { press } from './keyboard.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** Rules are made at the page of alerts; what they find is seen, heard and acknowledged there, and goes out to a webhook. */

const DEVICE = 'shed-pi'
const RULE = 'Frames wait'
/** Rules are looked at once a second, which is as long as a poll waits by itself. */
const PATIENT = { timeout: 20_000 }
/** Said by whoever may change nothing, or by the console itself. */
const REFUSED = [/status of 4(00|09)/, /: 4(00|09)$/]

let visit: Visit
let device: MqttClient
let receiver: Receiver

setStage({
  isChain: true,
  settings: async () => {
    receiver = await Receiver.start()
    return { AJAR_WEBHOOK_ALLOW: '127.0.0.1' }
  },
  prepare: async () => {
    device = await system.connect(DEVICE, await system.addDevice(DEVICE))
    visit = await open(ADMIN_TOKEN)
  },
})
afterAll(async () => {
  await visit?.close()
  await receiver?.close()
})

test('where there are no rules, the usual ones are there in one press', async () => {
  const { page } = visit
  await page.getByText('Nothing is wrong, as far as the rules tell.').waitFor()
  await press(page, 'button', 'Add the usual rules')
  await page.getByText('6 rules were added.').waitFor()
  expect(await rules(page).getByRole('listitem').count()).toBe(6)
  await ruleNamed(page, 'Door open').getByText('each camera').waitFor()
  expect(await ruleNamed(page, 'Door open').textContent()).toContain('state open · for 10 min')
  expect(await barriers(page)).toEqual([])
  for (const { id, kind } of (await system.api.get<{ items: { id: string; kind: string }[] }>('/api/alert-rules'))
    .items)
    if (kind === 'outbox') await system.api.send('DELETE', `/api/alert-rules/${id}`)
})

test('a rule of one’s own, with a webhook whose secret is shown once', async () => {
  const { page } = visit
  await page.reload()
  await press(page, 'button', 'Add a rule')
  const form = page.getByRole('dialog', { name: 'Add a rule' })
  await form.getByLabel('What it watches').selectOption({ label: 'Frames wait in a device' })
  await form.getByLabel('Device', { exact: true }).selectOption(DEVICE)
  await form.getByLabel('Frames', { exact: true }).fill('40')
  await form.getByLabel('Fires after', { exact: true }).fill('0')
  expect(await form.getByLabel('Name', { exact: true }).inputValue()).toBe('shed-pi keeps too many frames')
  await form.getByLabel('Name', { exact: true }).fill('Device offline for 5 minutes')
  await form.getByLabel('Severity').selectOption('critical')
  await form.getByRole('button', { name: 'Add', exact: true }).click()
  await faultOf(form.getByLabel('Name', { exact: true }), /name|called/i)
  await form.getByLabel('Name', { exact: true }).fill(RULE)
  await form.getByLabel('Webhook', { exact: true }).fill('http://10.1.2.3/hook')
  await form.getByRole('button', { name: 'Add', exact: true }).click()
  await faultOf(form.getByLabel('Webhook', { exact: true }), /private/)
  expect(await barriers(page)).toEqual([])
  await form.getByLabel('Webhook', { exact: true }).fill(receiver.url)
  await form.getByRole('button', { name: 'Add', exact: true }).click()

  const secret = page.getByRole('dialog', { name: `The webhook’s secret: ${RULE}` })
  await secret.getByText(/^whsec_/).waitFor()
  await page.keyboard.press('Escape')
  const question = page.getByRole('dialog', { name: 'Close without a copy?' })
  await question.waitFor()
  await question.getByRole('button', { name: 'Cancel' }).click()
  await secret.getByRole('button', { name: 'Copy: Secret' }).click()
  await secret.getByText('Copied').waitFor()
  await secret.getByRole('button', { name: 'Done' }).click()
  await secret.waitFor({ state: 'detached' })
  expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^whsec_/)
  await ruleNamed(page, RULE).getByText(receiver.url).waitFor()
  expect(await page.getByText(/whsec_/).count()).toBe(0)
  visit.faults.splice(0, visit.faults.length, ...visit.faults.filter((one) => !REFUSED.some((it) => it.test(one))))
})

test('a test of the webhook says what the receiver answered', async () => {
  const { page } = visit
  const rule = ruleNamed(page, RULE)
  await rule.getByRole('button', { name: `Send a test of ${RULE}` }).click()
  await rule.getByText('The receiver took it: it answered 200 OK: thank you').waitFor()
  expect(receiver.heard.at(-1)).toMatchObject({ type: 'alert.test' })
  expect(receiver.headers?.['webhook-signature']).toMatch(/^v1,/)
  receiver.status = 500
  await rule.getByRole('button', { name: `Send a test of ${RULE}` }).click()
  await rule.getByText(/^The receiver did not take it: it answered 500 /).waitFor()
  receiver.status = 200
})

test('what a receiver does not take waits; the page says until when, and it can be sent now', async () => {
  const { page } = visit
  receiver.status = 503
  await wait(50)
  await expect.poll(() => receiver.heard.at(-1)?.type, PATIENT).toBe('alert.firing')
  const rule = ruleNamed(page, RULE)
  const now = rule.getByRole('button', { name: `Send now what waits of ${RULE}` })
  await now.click(PATIENT)
  await rule.getByText(/^The receiver did not take it: it answered 503 /).waitFor()
  await rule.getByText(/^tried again in \d+ min$/).waitFor()
  expect(await barriers(page)).toEqual([])
  receiver.status = 200
  await now.click()
  await rule.getByText('The receiver took it.').waitFor()
  await now.waitFor({ state: 'detached' })
  await wait(0)
  await expect.poll(() => receiver.heard.at(-1)?.type, PATIENT).toBe('alert.resolved')
  receiver.heard.splice(0)
})

test('what fires is counted on every page, read out, seen and acknowledged by the keyboard, and everybody knows', async () => {
  const other = await open(ADMIN_TOKEN, '/devices', 'Devices')
  await wait(900)
  const link = (page: Page) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: /^Alerts/ })
  await expect.poll(() => link(other.page).textContent(), PATIENT).toContain('1 not acknowledged')
  await other.page.getByText(`Alert, critical: ${RULE}, ${DEVICE}`).waitFor({ state: 'attached' })
  const { page } = visit
  const alert = page.getByRole('list', { name: 'Standing alerts' }).getByRole('listitem').filter({ hasText: RULE })
  await alert.getByText(`900 frames wait in ${DEVICE}`).waitFor()
  await alert.getByRole('link', { name: DEVICE }).waitFor()
  expect(await barriers(page)).toEqual([])
  await page.reload()
  await press(page, 'button', `Acknowledge ${RULE}, ${DEVICE}`)
  await alert.getByText(/^seen by /).waitFor()
  await expect.poll(() => link(other.page).textContent(), PATIENT).toBe('Alerts')
  // The focus stays where it was, on what takes it back.
  const takeBack = page.getByRole('button', { name: `Take back that ${RULE}, ${DEVICE}, was seen` })
  expect(await takeBack.evaluate((button) => button.matches(':focus'))).toBe(true)
  await page.keyboard.press('Enter')
  await expect.poll(() => link(other.page).textContent(), PATIENT).toContain('1 not acknowledged')
  await other.close()
})

test('all that stands is acknowledged with one press, and one request', async () => {
  const { page } = visit
  const more = ['one more', 'another'].map((name) => ({ name, kind: 'outbox', params: { frames: 1 }, forMs: 0 }))
  const made: { id: string }[] = []
  for (const rule of more) made.push(await system.api.send('POST', '/api/alert-rules', rule))
  await page.getByText('3 alerts', { exact: true }).waitFor()
  const asked: string[] = []
  page.on('request', (request) => request.url().endsWith('/acknowledge') && asked.push(request.method()))
  await press(page, 'button', 'Acknowledge all')
  await page.getByText('3 alerts, all of them seen').waitFor()
  expect(asked).toEqual(['POST'])
  for (const { id } of made) await system.api.send('DELETE', `/api/alert-rules/${id}`)
  await page.getByText('1 alert, all of them seen').waitFor()
})

test('what ends goes into the history, and the receiver has heard it all', async () => {
  const { page } = visit
  await wait(0)
  const past = page
    .getByRole('list', { name: 'Alerts that ended' })
    .getByRole('listitem')
    .filter({ hasText: RULE })
    .first()
  await past.waitFor()
  await past.getByText(/^more than 40 frames waited in shed-pi for \d/).waitFor()
  expect(await page.getByRole('list', { name: 'Standing alerts' }).count()).toBe(0)
  await expect
    .poll(() => receiver.heard.map(({ type }) => type).filter((type) => type !== 'alert.test'))
    .toEqual(['alert.firing', 'alert.acknowledged', 'alert.acknowledged', 'alert.resolved'])
  await page.getByLabel('Alerts of').selectOption({ label: 'Device offline for 5 minutes' })
  await page.getByText('No alert has ended yet.').waitFor()
  await page.getByLabel('Alerts of').selectOption({ label: RULE })
  await past.waitFor()
})

test('a rule is changed, switched off and deleted', async () => {
  const { page } = visit
  await page.getByRole('button', { name: `Change ${RULE}` }).click()
  const form = page.getByRole('dialog', { name: `Change ${RULE}` })
  expect(await form.getByLabel('Frames', { exact: true }).inputValue()).toBe('40')
  expect(await form.getByLabel('Device', { exact: true }).inputValue()).toBe(DEVICE)
  await form.getByLabel('Frames', { exact: true }).fill('50')
  await form.getByLabel('Ends after', { exact: true }).fill('0.5')
  await form.getByLabel('Ends after: unit').selectOption('s')
  await form.getByLabel(/^Make a new secret/).check()
  await form.getByRole('button', { name: 'Save' }).click()
  const secret = page.getByRole('dialog', { name: `The webhook’s secret: ${RULE}` })
  await secret.getByRole('button', { name: 'Copy: Secret' }).click()
  await secret.getByRole('button', { name: 'Done' }).click()
  const rule = ruleNamed(page, RULE)
  await rule.getByText('50 frames · at once · over after 500 ms').waitFor()
  await rule.getByRole('switch', { name: `${RULE}: on` }).click()
  await rule.getByText('Off', { exact: true }).waitFor()
  await wait(900)
  await page.getByRole('button', { name: `Delete ${RULE}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await rule.waitFor({ state: 'detached' })
  expect(await page.getByRole('list', { name: 'Standing alerts' }).count()).toBe(0)
  expect(visit.faults).toEqual([])
})

test('on a phone, and for who may only look', async () => {
  await system.api.send('POST', '/api/alert-rules', { name: RULE, kind: 'outbox', params: { frames: 1 }, forMs: 0 })
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'eve', role: 'viewer' })
  const eve = await open(token, '/alerts', 'Alerts', PHONE)
  await eve.page.getByRole('list', { name: 'Standing alerts' }).getByText(RULE, { exact: true }).waitFor()
  expect(await eve.page.getByRole('main').getByRole('button').count()).toBe(0)
  expect(await eve.page.getByRole('switch').count()).toBe(0)
  expect(await overflow(eve.page)).toBeLessThanOrEqual(0)
  expect(await barriers(eve.page)).toEqual([])
  expect(eve.faults).toEqual([])
  await eve.close()

  const small = await open(ADMIN_TOKEN, '/alerts', 'Alerts', { ...PHONE, theme: 'dark' })
  await small.page.getByRole('button', { name: 'Add a rule' }).click()
  const form = small.page.getByRole('dialog', { name: 'Add a rule' })
  for (const kind of await form.getByLabel('What it watches').locator('option').all()) {
    await form.getByLabel('What it watches').selectOption({ label: (await kind.textContent()) ?? '' })
    expect(await overflow(small.page)).toBeLessThanOrEqual(0)
    expect(await form.evaluate((box) => box.scrollWidth - box.clientWidth)).toBeLessThanOrEqual(0)
    expect(await barriers(small.page)).toEqual([])
  }
  expect(small.faults).toEqual([])
  await small.close()
})

const rules = (page: Page) => page.getByRole('list', { name: 'Rules' })
const ruleNamed = (page: Page, name: string) => rules(page).getByRole('listitem').filter({ hasText: name })

/** Says how many frames wait in the device. */
async function wait(outboxFrames: number) {
  const status = JSON.stringify({ state: 'online', outboxFrames })
  await device.publishAsync(`ajar/${DEVICE}/status`, status, { qos: 1, retain: true })
}

/** What stands under a control that the server refused. */
async function faultOf(control: ReturnType<Page['getByLabel']>, words: RegExp) {
  await expect.poll(() => control.getAttribute('aria-invalid')).toBe('true')
  const about = await control.getAttribute('aria-describedby')
  expect(await visit.page.locator(`[id="${about}"]`).textContent()).toMatch(words)
}

async function open(token: string, path = '/alerts', heading = 'Alerts', looks = DESKTOP): Promise<Visit> {
  const opened = await Visit.begin(browser, looks)
  await opened.page.goto(`${system.server.http}/#token=${token}`)
  await opened.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await opened.page.goto(system.server.http + path)
  await opened.page.getByRole('heading', { name: heading, exact: true }).waitFor()
  return opened
}

/** Takes what a webhook sends. */
class Receiver {
  readonly #server: Server
  readonly heard: { type: string }[] = []
  headers: IncomingHttpHeaders | null = null
  status = 200

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<Receiver> {
    const server = createServer(async (request, response) => {
      receiver.headers = request.headers
      receiver.heard.push(JSON.parse(Buffer.concat(await request.toArray()).toString()))
      // One that is not well asks for patience, so that nothing is tried again but by hand.
      response.writeHead(receiver.status, { 'retry-after': '600' }).end('thank you')
    })
    const receiver = new Receiver(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  async close() {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
