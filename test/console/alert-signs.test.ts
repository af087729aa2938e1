import type { MqttClient } from 'mqtt'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** What rules find of a camera is seen where one looks at it: on the wall, and on its page with what they find of its device. */

const DEVICE = 'yard-pi'
const CAMERA = `${DEVICE}/gate`
const OTHER = `${DEVICE}/shed`

let visit: Visit
let device: MqttClient
const rules = new Map<string, string>()

setStage({
  isChain: true,
  prepare: async () => {
    device = await system.connect(DEVICE, await system.addDevice(DEVICE))
    for (const camera of [CAMERA, OTHER]) {
      const at = Date.now()
      await system.api.sendJpeg(`/api/cameras/${camera}/frames?capturedAt=${at}`, await door('open'))
      await system.ended(`${camera}/${at}`)
    }
  },
})
beforeAll(async () => {
  if (!hasBrowser) return
  visit = await Visit.begin(browser)
  await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await tile(CAMERA).waitFor()
})
afterEach(() => expect(visit.faults).toEqual([]))
afterAll(() => visit?.close())

async function watchFor(name: string, rule: { kind: string; subject: string; params: object; severity: string }) {
  const body = { name, forMs: 0, clearMs: 0, ...rule }
  rules.set(name, (await system.api.send<{ id: string }>('POST', '/api/alert-rules', body)).id)
}

async function waiting(frames: number): Promise<void> {
  const status = JSON.stringify({ state: 'online', outboxFrames: frames })
  await device.publishAsync(`ajar/${DEVICE}/status`, status, { qos: 1, retain: true })
}

const tile = (camera: string, { page } = visit) =>
  page.getByRole('listitem').filter({ has: page.getByRole('link', { name: camera.split('/')[1] ?? '', exact: true }) })
const alerts = ({ page } = visit) => page.getByRole('region', { name: 'Alerts' })

test('an alert that fires is seen on the tile of its camera, and on no other', async () => {
  await watchFor('Nobody knows', {
    ...{ kind: 'unknown', subject: CAMERA, severity: 'critical' },
    params: { reasons: ['no_model'] },
  })
  await tile(CAMERA)
    .getByText(/^Nobody knows for (\d+|less than 1) s$/)
    .waitFor()
  expect(await tile(CAMERA).locator('.tile-alerts.critical').textContent()).toBe('1')
  await watchFor('Nobody knows, again', {
    ...{ kind: 'unknown', subject: CAMERA, severity: 'info' },
    params: { reasons: ['no_model'] },
  })
  await tile(CAMERA)
    .getByText(/^Nobody knows for .*, and 1 more$/)
    .waitFor()
  expect(await tile(CAMERA).locator('.tile-alerts.critical').textContent()).toBe('2')
  expect(await tile(OTHER).getByText('Nobody knows').count()).toBe(0)
  expect(await barriers(visit.page)).toEqual([])
})

test('on the page of the camera they stand in words, and those of its device too', async () => {
  await watchFor('Frames wait', { kind: 'outbox', subject: DEVICE, params: { frames: 40 }, severity: 'warning' })
  await waiting(900)
  await tile(CAMERA).getByRole('link', { name: 'gate' }).click()
  await alerts().getByText('is unknown (it has no model)').first().waitFor()
  await alerts()
    .getByText(/900 frames/)
    .waitFor()
  // What comes and goes pushes nothing away.
  const places = async () =>
    Promise.all(['Picture', 'History'].map((name) => visit.page.getByRole('region', { name }).boundingBox()))
  const before = await places()
  const severities = await alerts().locator('.severity').allTextContents()
  expect(severities).toEqual(['critical', 'warning', 'info'])
  await waiting(0)
  await alerts()
    .getByText(/900 frames/)
    .waitFor({ state: 'detached' })
  expect(await places()).toEqual(before)
})

test.each([PHONE, { ...PHONE, theme: 'dark' as const }, { ...DESKTOP, theme: 'dark' as const }])(
  'they fit and everybody can read them: $width px, $theme',
  async (looks) => {
    const other = await Visit.begin(browser, looks)
    await other.context.addCookies(await visit.context.cookies())
    for (const path of ['/', `/camera/${CAMERA}`]) {
      await other.page.goto(system.server.http + path)
      await other.page.getByText('Nobody knows').first().waitFor()
      expect(await overflow(other.page), path).toBeLessThanOrEqual(0)
      expect(await barriers(other.page), path).toEqual([])
    }
    expect(other.faults).toEqual([])
    await other.close()
  },
)

test('what somebody has seen stands back, and what ends is gone', async () => {
  const { items } = await system.api.get<{ items: { id: number }[] }>(`/api/alerts?state=standing&subject=${CAMERA}`)
  expect(items.length).toBe(2)
  for (const { id } of items) await system.api.send('POST', `/api/alerts/${id}/acknowledge`)
  await alerts()
    .getByText(/seen by/)
    .nth(1)
    .waitFor()
  await visit.page.goto(system.server.http)
  await tile(CAMERA)
    .getByText(/^Nobody knows for .*, seen, and 1 more$/)
    .waitFor()
  expect(await tile(CAMERA).locator('.tile-alerts').count()).toBe(0)
  for (const id of rules.values()) await system.api.send('DELETE', `/api/alert-rules/${id}`)
  await tile(CAMERA).getByText('Nobody knows').waitFor({ state: 'detached' })
})
