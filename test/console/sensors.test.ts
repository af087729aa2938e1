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

async function say(sensors: Record<string, object>): Promise<void> {
  const status = { state: 'online', version: '0.1.0', cameras: ['gate'], sensors }
  await device.publishAsync(`ajar/${DEVICE}/status`, JSON.stringify(status), { qos: 1, retain: true })
}

const readings = () => visit.page.getByRole('region', { name: 'Readings' })
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
