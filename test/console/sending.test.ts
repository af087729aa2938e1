import type { MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN, until, watch } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { PHONE, Visit } from './visit.ts'

/** When a camera sends is set here, and followed there; whether it is, or why not, is said on the page. */

const DEVICE = 'shed-pi'
const REGION = [
  { x: 0.1, y: 0.1 },
  { x: 0.9, y: 0.1 },
  { x: 0.5, y: 0.9 },
]
type Desired = { version: number; settings: { cameras?: Record<string, unknown> } }

let visit: Visit
let device: MqttClient
let desired: { payload: Desired }[]

setStage({
  isChain: true,
  prepare: async () => {
    device = await system.connect(DEVICE, await system.addDevice(DEVICE))
    desired = await watch<Desired>(device, `ajar/${DEVICE}/config/desired`)
    await system.api.sendJpeg(`/api/cameras/${DEVICE}/gate/frames`, await door('open'))
    await say({ gate: 1204, yard: 3 })
  },
})
beforeAll(async () => {
  if (!hasBrowser) return
  visit = await Visit.begin(browser)
  await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await visit.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await visit.page.goto(`${system.server.http}/devices`)
})
afterEach(() => expect(visit.faults).toEqual([]))
afterAll(() => visit?.close())

/** What an agent says of itself. @param captured pictures taken, by camera */
async function say(captured: Record<string, number>): Promise<void> {
  const counts = (count: number) => ({ driver: 'rpicam', captured: count, gated: count - 1, sent: 1, dropped: 0 })
  const captures = Object.fromEntries(Object.entries(captured).map(([name, count]) => [name, counts(count)]))
  const status = { state: 'online', version: '0.1.0', cameras: Object.keys(captured), captures }
  await device.publishAsync(`ajar/${DEVICE}/status`, JSON.stringify(status), { qos: 1, retain: true })
}

/** The agent's answer to its latest settings, which it returns. */
async function answer(count: number, errors: string[] = []): Promise<Desired> {
  const latest = await until(() => desired[count - 1]?.payload)
  const applied = { version: latest.version, ok: errors.length === 0, errors }
  await device.publishAsync(`ajar/${DEVICE}/config/applied`, JSON.stringify(applied), { qos: 1, retain: true })
  return latest
}

const card = () => visit.page.getByRole('listitem').filter({ has: visit.page.getByRole('heading', { name: DEVICE }) })
const dialog = (camera: string) => visit.page.getByRole('dialog', { name: `When ${camera} of ${DEVICE} sends` })
const open = async (camera: string) => {
  await card()
    .getByRole('button', { name: `When to send: ${camera}` })
    .click()
  await dialog(camera).waitFor()
  return dialog(camera)
}

test('what became of the pictures of each camera is told, and by what they are taken', async () => {
  await card().getByText('1,204 taken, 1,203 unchanged and not sent, 1 sent; 0 dropped in all').waitFor()
  await card().getByText('3 taken, 2 unchanged and not sent, 1 sent; 0 dropped in all').waitFor()
  expect(await card().getByText('by rpicam').count()).toBe(2)
})

test('a camera is told to send what changed, and the page says when it follows', async () => {
  const form = await open('gate')
  await form.getByLabel('Seconds between two pictures').fill('0.5')
  await form.getByLabel('only when something changes').check()
  await form.getByLabel('Sensitivity').fill('3')
  await form.getByLabel('At least every, seconds').fill('90')
  await form.getByText('counts as stale after 60 s').waitFor()
  // It is refused, here and by the server, until it is put right.
  await form.getByRole('button', { name: 'Send to the device' }).click()
  await form.getByLabel('At least every, seconds').fill('20')
  await form.getByLabel('Seconds between two pictures').fill('60')
  await form.getByText('counts as stale after 60 s').waitFor()
  await form.getByRole('button', { name: 'Send to the device' }).click()
  await form.getByLabel('Seconds between two pictures').fill('0.5')
  await form.getByText('counts as stale after 60 s').waitFor({ state: 'detached' })
  expect(desired).toEqual([])
  await form.getByLabel('At least every, seconds').fill('20')
  await form.getByRole('button', { name: 'Send to the device' }).click()
  await form.waitFor({ state: 'detached' })
  await card().getByText('It has not answered to its latest settings yet.').waitFor()
  await card().getByText('takes a picture every 0.5 s, sends what changed, at least every 20 s').waitFor()
  const { settings } = await answer(1)
  expect(settings).toEqual({ cameras: { gate: { intervalMs: 500, gate: { difference: 0.02, heartbeatMs: 20_000 } } } })
  await card().getByText('It follows its latest settings.').waitFor()
})

test('the other camera keeps what was set meanwhile, and errors of the device are shown', async () => {
  const form = await open('yard')
  // Somebody else, after the dialog was opened.
  await system.api.send('PATCH', `/api/devices/${DEVICE}/config`, {
    settings: { cameras: { gate: { intervalMs: 700 } } },
  })
  await form.getByLabel('every picture', { exact: true }).check()
  await form.getByRole('button', { name: 'Send to the device' }).click()
  const { settings } = await answer(3, ['yard: the driver folder has its own pace'])
  expect(settings).toEqual({ cameras: { gate: { intervalMs: 700 }, yard: { gate: null } } })
  await card().getByText('It could not apply its settings:').waitFor()
  await card().getByText('yard: the driver folder has its own pace').waitFor()
})

test('changes are looked for in the region of interest, where the camera has one', async () => {
  await system.api.send('PATCH', `/api/cameras/${DEVICE}/gate`, { region: REGION })
  const form = await open('gate')
  expect(await form.getByLabel('Seconds between two pictures').inputValue()).toBe('0.7')
  await form.getByLabel('only when something changes').check()
  await form.getByLabel('Look for changes in the region of interest only').check()
  await form.getByLabel('Seconds between two pictures').fill('')
  await form.getByRole('button', { name: 'Send to the device' }).click()
  const { settings } = await answer(4)
  expect(settings.cameras?.gate).toEqual({ gate: { difference: 0.01, heartbeatMs: 30_000, region: REGION } })
  await card().getByText('It follows its latest settings.').waitFor()
})

test('the form fits a phone, and everybody can use it', async () => {
  const { page } = visit
  const before = page.viewportSize()
  await page.setViewportSize(PHONE)
  const form = await open('gate')
  await form.getByLabel('Look for changes in the region of interest only').waitFor()
  expect(await overflow(page)).toBeLessThanOrEqual(0)
  expect(await barriers(page)).toEqual([])
  await page.keyboard.press('Escape')
  await form.waitFor({ state: 'detached' })
  if (before) await page.setViewportSize(before)
})

test('a camera goes back to what its config file says; one that is away follows later', async () => {
  // As its last will says.
  await device.publishAsync(`ajar/${DEVICE}/status`, '{"state":"offline"}', { qos: 1, retain: true })
  const form = await open('gate')
  await form.getByLabel('as its config file says').check()
  await form.getByRole('button', { name: 'Send to the device' }).click()
  expect((await answer(5)).settings).toEqual({ cameras: { yard: { gate: null } } })
  await card().getByText('It follows its latest settings.').waitFor()
})

test('who may only look sees no form', async () => {
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'eve', role: 'viewer' })
  const other = await Visit.begin(browser)
  await other.page.goto(`${system.server.http}/#token=${token}`)
  await other.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await other.page.goto(`${system.server.http}/devices`)
  await other.page.getByRole('link', { name: 'gate' }).waitFor()
  expect(await other.page.getByRole('button', { name: /^When to send/ }).count()).toBe(0)
  await other.close()
})
