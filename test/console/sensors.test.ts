import type { MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** What sensors read stands beside what the camera sees, now and then; a device without sensors shows nothing of it. */

const DEVICE = 'shed-pi'
const MINUTE = 60_000

let visit: Visit
let device: MqttClient
/** When the frame of the past was captured. */
let past: number

setStage({
  prepare: async () => {
    device = await system.connect(DEVICE, await system.addDevice(DEVICE))
    await system.addDevice('bare-pi')
    past = Math.floor(Date.now() / MINUTE - 2) * MINUTE
    for (const camera of [`${DEVICE}/gate`, 'bare-pi/gate']) await post(camera, past)
    await read('contact', past - 3000, 'closed')
    await read('cpu', past - 90_000, 41.26)
    await read('contact', past + 20_000, 'open')
    await post(`${DEVICE}/gate`, past + MINUTE)
    await say({
      contact: { driver: 'gpio', unit: null, fault: null },
      cpu: { driver: 'cpu-temperature', unit: '°C', fault: null },
    })
  },
})
beforeAll(async () => {
  if (!hasBrowser) return
  visit = await Visit.begin(browser)
  await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await visit.page.getByRole('navigation', { name: 'Pages' }).waitFor()
})
afterEach(() => expect(visit.faults).toEqual([]))
afterAll(() => visit?.close())

async function post(camera: string, at: number): Promise<void> {
  await system.api.sendJpeg(`/api/cameras/${camera}/frames?capturedAt=${at}`, await door('open', at))
  await system.ended(`${camera}/${at}`)
}

/** A reading by MQTT, as an agent sends it; resolves when the server has it. */
async function read(sensor: string, at: number, value: number | string | number[]): Promise<void> {
  await device.publishAsync(`ajar/${DEVICE}/${sensor}/reading/${at}`, JSON.stringify({ value }), { qos: 1 })
}

async function say(sensors: Record<string, object>, fault: string | null = null): Promise<void> {
  const captures = { gate: { driver: 'rpicam', captured: 7, gated: 0, sent: 7, dropped: 0, fault } }
  const status = { state: 'online', version: '0.1.0', cameras: ['gate'], captures, sensors }
  await device.publishAsync(`ajar/${DEVICE}/status`, JSON.stringify(status), { qos: 1, retain: true })
}

const readings = () => visit.page.getByRole('region', { name: 'Readings' })
/** The device's card on the page Devices. */
const card = () => visit.page.getByRole('listitem').filter({ has: visit.page.getByRole('heading', { name: DEVICE }) })
/** A camera on the wall. */
const tile = (camera: string, device: string) =>
  visit.page.locator('.tile').filter({ hasText: camera }).filter({ hasText: device })
/** A sensor's line. */
const line = (name: string) =>
  readings()
    .locator('div')
    .filter({ has: visit.page.getByText(name, { exact: true }) })

test('beside the newest frame stand the newest readings, which change by themselves', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/camera/${DEVICE}/gate`)
  await line('contact').getByText('open', { exact: true }).waitFor()
  await line('cpu').getByText('41.26 °C').waitFor()
  await line('contact').getByText(/ago$/).waitFor()
  await read('contact', Date.now(), 'closed')
  await line('contact').getByText('closed', { exact: true }).waitFor()
  await read('channels', Date.now(), [-60, -71, -44])
  await line('channels').getByText('3 values').waitFor()
})

test('one that comes late, as after an outage, does not take the place of a newer one', async () => {
  await read('contact', past + 30_000, 'ajar')
  await read('cpu', Date.now(), 42)
  await line('cpu').getByText('42 °C').waitFor()
  expect(await line('contact').getByText('closed', { exact: true }).count()).toBe(1)
})

test('beside a frame of the past stands what was read at its time', async () => {
  const { page } = visit
  await page.getByRole('button', { name: 'The frame before' }).click()
  await page.locator(`.sight img[src*="/${past}/"]`).first().waitFor()
  await line('contact').getByText('closed', { exact: true }).waitFor()
  await line('contact').getByText('3 s before').waitFor()
  await line('cpu').getByText('1 min before').waitFor()
  expect(await line('channels').count()).toBe(0)
  await page.keyboard.press('Escape')
  await line('channels').waitFor()
})

test('a sensor that cannot be read says so, on both pages', async () => {
  const { page } = visit
  const fault = 'GPIO17 is used by another program'
  await say({
    contact: { driver: 'gpio', unit: null, fault },
    wifi: { driver: 'wifi', unit: 'dBm', fault: 'no wlan0' },
  })
  await line('contact').getByText(`cannot be read: ${fault}`).waitFor()
  await line('wifi').getByText('cannot be read: no wlan0').waitFor()
  await page.goto(`${system.server.http}/devices`)
  const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: DEVICE }) })
  await card.getByRole('region', { name: 'Sensors' }).getByText(`cannot be read: ${fault}`).waitFor()
  await card
    .getByText('42 °C')
    .or(card.getByText('42', { exact: true }))
    .waitFor()
  await read('cpu', Date.now(), 55.5)
  await card.getByText(/^55.5/).waitFor()
})

test.each([PHONE, { ...DESKTOP, theme: 'dark' as const }])(
  'readings fit and everybody can read them: $width px, $theme',
  async (looks) => {
    const other = await Visit.begin(browser, looks)
    const { page } = other
    await other.context.addCookies(await visit.context.cookies())
    for (const path of [`/camera/${DEVICE}/gate`, '/devices']) {
      await page.goto(system.server.http + path)
      await page.getByText('cannot be read: no wlan0').waitFor()
      expect(await overflow(page), path).toBeLessThanOrEqual(0)
      expect(await barriers(page), path).toEqual([])
    }
    expect(other.faults).toEqual([])
    await other.close()
  },
)

test('what keeps a camera from taking pictures is said where it is missed, and on the page Devices', async () => {
  const { page } = visit
  const fault = `rpicam-vid ended with code 255: ERROR: *** no cameras available *** ${'/dev/media0'.repeat(18)}`
  await say({}, fault.slice(0, 256))
  await page.goto(`${system.server.http}/camera/${DEVICE}/gate`)
  await page.getByText(/no frames for .*: rpicam-vid ended with code 255: ERROR: \*\*\* no cameras/).waitFor()
  for (const looks of [PHONE, DESKTOP]) {
    await page.setViewportSize(looks)
    await page.goto(`${system.server.http}/`)
    await tile('gate', DEVICE)
      .getByText(/no frames for .*: rpicam-vid ended with code 255/)
      .waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    await page.goto(`${system.server.http}/devices`)
    await card()
      .getByText(/^takes no pictures: rpicam-vid ended with code 255/)
      .waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(await barriers(page)).toEqual([])
  }
  await say({ cpu: { driver: 'cpu-temperature', unit: '°C', fault: null } })
  await card()
    .getByText(/^takes no pictures/)
    .waitFor({ state: 'detached' })
})

test('while a device is away its units are known, and nothing is said of faults', async () => {
  const { page } = visit
  await say({ cpu: { driver: 'cpu-temperature', unit: '°C', fault: 'no answer' } }, 'no camera')
  await card().getByText('cannot be read: no answer').waitFor()
  await card().getByText('takes no pictures: no camera').waitFor()
  await device.publishAsync(`ajar/${DEVICE}/status`, '{"state":"offline"}', { qos: 1, retain: true })
  await card().getByText('cannot be read: no answer').waitFor({ state: 'detached' })
  await card().getByText('55.5 °C').waitFor()
  await page.reload()
  await card().getByText('55.5 °C').waitFor()
  expect(
    await card()
      .getByText(/no answer|no camera/)
      .count(),
  ).toBe(0)
})

test('a sensor that is removed is gone here and on other pages, and comes again with its next reading', async () => {
  const { page } = visit
  const other = await visit.context.newPage()
  await other.goto(`${system.server.http}/camera/${DEVICE}/gate`)
  const there = other.getByRole('region', { name: 'Readings' }).getByText('channels', { exact: true })
  await there.waitFor()
  await page.getByRole('button', { name: 'Remove the sensor channels' }).click()
  const dialog = page.getByRole('dialog', { name: `Remove the sensor channels of ${DEVICE}` })
  await dialog.waitFor()
  expect(await barriers(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Remove the sensor channels' }).click()
  await dialog.getByRole('button', { name: 'Remove', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
  const here = card().getByText('channels', { exact: true })
  await here.waitFor({ state: 'detached' })
  await there.waitFor({ state: 'detached' })
  await card().getByText('cpu', { exact: true }).waitFor()
  await page.reload()
  await card().getByText('cpu', { exact: true }).waitFor()
  expect(await here.count()).toBe(0)
  await read('channels', Date.now(), [-60])
  await here.waitFor()
  await there.waitFor()
  await other.close()
})

test('labelled readings are imported into a sensor that is not there yet, and it shows what it has', async () => {
  const { page, faults } = visit
  await page.goto(`${system.server.http}/sensors/${DEVICE}/new`)
  await page.getByText(/^No reading yet: /).waitFor()
  await page.getByRole('region', { name: 'Set it up' }).waitFor()
  expect(await barriers(page)).toEqual([])
  await page.getByText('Import labelled readings').click()
  const lines = Array.from({ length: 6 }, (_, i) => `${i % 2 ? 'open' : 'closed'},${i},${i % 2},0.5`)
  const buffer = Buffer.from(['Label,a,b,c', ...lines].join('\n'))
  await page.getByLabel('CSV of labelled readings').setInputFiles({ name: 'some.csv', mimeType: 'text/csv', buffer })
  await page.getByText(/^None has come from a device yet/).waitFor()
  await page.getByRole('img', { name: /^value: 3 numbers/ }).waitFor()
  await page.getByText('What a reading is made of').waitFor()
  await page.getByLabel(/^Window, readings|^Readings in one look/).waitFor()
  await page.getByRole('button', { name: 'Start collecting' }).waitFor()
  // On the wall nobody is told to look at it: it may never be meant to send.
  await page.goto(`${system.server.http}/`)
  await tile('new', DEVICE).waitFor()
  expect(await tile('new', DEVICE).locator('.trouble').count()).toBe(0)
  faults.splice(0, faults.length, ...faults.filter((fault) => !fault.includes('404')))
})

test('who may only look cannot remove one', async () => {
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'eve', role: 'viewer' })
  const eve = await Visit.begin(browser)
  await eve.page.goto(`${system.server.http}/#token=${token}`)
  await eve.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await eve.page.goto(`${system.server.http}/devices`)
  await eve.page.getByText('55.5 °C').waitFor()
  expect(await eve.page.getByRole('button', { name: /^Remove/ }).count()).toBe(0)
  expect(eve.faults).toEqual([])
  await eve.close()
})

test('where a device has no sensors nothing is said of them', async () => {
  const { page } = visit
  const answered = page.waitForResponse(/\/api\/sensors\?device=bare-pi/)
  await page.goto(`${system.server.http}/camera/bare-pi/gate`)
  await answered
  await page.locator('.sight img').first().waitFor()
  expect(await readings().count()).toBe(0)
  await page.goto(`${system.server.http}/devices`)
  const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'bare-pi' }) })
  await card.getByText('never seen').waitFor()
  expect(await card.getByRole('region', { name: 'Sensors' }).count()).toBe(0)
})
