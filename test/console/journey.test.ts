import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Locator } from 'playwright-core'
import { beforeEach, expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN, type Frame, until } from '../journeys/system.ts'
import { freePort } from '../setup/free-port.ts'
import { needsProgram } from '../setup/needs.ts'
import { CAMERA, STATES, startDoorCamera } from './door-camera.ts'
import { press, tabTo } from './keyboard.ts'
import { browser, setStage, system } from './stage.ts'
import { Visit } from './visit.ts'

/** From the link to a camera that knows its states, in one visit and without a mouse; then what a long day brings. */

const EACH = 10

let visit: Visit
/** What a frame shows, by its sha256: the eyes of whoever labels. */
let truth: Map<string, string>

setStage({
  settings: async () => ({ AJAR_HTTP_PORT: String(await freePort()), AJAR_MQTT_PORT: String(await freePort()) }),
  prepare: async () => {
    truth = await startDoorCamera(system)
    visit = await Visit.begin(browser)
  },
})
beforeEach((context) => needsProgram('mosquitto_pub', 'mosquitto-clients', context))

/** The camera's place on the wall. */
const tile = () =>
  visit.page.getByRole('listitem').filter({ has: visit.page.getByRole('link', { name: 'front-door' }) })
const livePicture = () => visit.page.getByRole('img', { name: `${CAMERA}, the newest frame` }).first()

/** The id of the frame that a picture shows. */
async function frameIn(picture: Locator): Promise<string> {
  return /\/api\/frames\/([^?]+)\/image/.exec((await picture.getAttribute('src')) ?? '')?.[1] ?? ''
}

async function changes(picture: Locator): Promise<void> {
  const before = await frameIn(picture)
  await until(async () => (await frameIn(picture)) !== before)
}

test('the link leads to the wall, where the picture changes by itself', async () => {
  await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await tile().getByText('unknown').waitFor()
  for (let i = 0; i < 3; i++) await changes(livePicture())
})

test('states are named, frames labelled with one key each, and the model trained', async () => {
  const { page } = visit
  await until(async () => {
    const { items } = await system.api.get<{ items: Frame[] }>(
      `/api/frames?camera=${encodeURIComponent(CAMERA)}&limit=60`,
    )
    return items.length >= 50
  })
  await press(page, 'link', 'Teach it its states')
  await press(page, 'button', 'Name the states')
  await press(page, 'button', 'Save')
  await page.getByRole('dialog').waitFor({ state: 'hidden' }) // until then its keys are not the desk's

  const picture = page.getByRole('img', { name: /^Frame of/ })
  const labelled = new Map<string, number>()
  while (STATES.some((state) => (labelled.get(state) ?? 0) < EACH)) {
    await page.locator('.preview[aria-busy=false]').waitFor() // nobody labels what he has not seen
    const frame = await frameIn(picture)
    const state = truth.get((await system.frame(frame))?.sha256 ?? '') ?? ''
    const count = labelled.get(state) ?? 0
    if (count < EACH) {
      labelled.set(state, count + 1)
      await page.keyboard.press(String(STATES.indexOf(state as 'open') + 1))
    } else await page.keyboard.press('ArrowRight')
    await until(async () => (await frameIn(picture)) !== frame)
  }
  for (const state of STATES) await page.getByRole('button', { name: new RegExp(`${state}.*${EACH} of`) }).waitFor()

  // A locator looks twice a second only, and a training may be over by then.
  await page.evaluate(`void (globalThis.progressed = new Promise((resolve) =>
    new MutationObserver(() => document.querySelector('progress[aria-label=Training]') && resolve(true)).observe(
      document.body, { childList: true, subtree: true })))`)
  await press(page, 'button', 'Train')
  expect(await page.evaluate('globalThis.progressed')).toBe(true)
  await page.getByText(`${CAMERA}@1 is active`).waitFor()
})

test('its states change on the wall as the door moves', async () => {
  await press(visit.page, 'link', 'Wall')
  for (const state of [...STATES, ...STATES]) await tile().getByText(state, { exact: true }).waitFor()
  expect(visit.faults).toEqual([])
})

test('the page of the camera shows the frame of a moment that is chosen on the ribbon', async () => {
  const { page } = visit
  await press(page, 'link', 'front-door')
  await changes(livePicture())
  await tabTo(page, 'slider', /^States over time/)
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('Enter')
  const chosen = page.getByRole('img', { name: `${CAMERA}, the chosen frame` })
  await chosen.waitFor()
  expect(await system.frame(await frameIn(chosen))).toMatchObject({ outcome: 'classified' })
  await press(page, 'link', 'Wall')
})

test('a device that the page adds publishes with the very line that it shows', async () => {
  const { page } = visit
  await press(page, 'link', 'Devices')
  await press(page, 'button', 'Add a device')
  await page.keyboard.type('garage-pi')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Connect garage-pi' })
  const line = await dialog.getByText(/^mosquitto_pub .*picture\.jpg/).textContent()

  const folder = join(system.folder, 'at-the-pi')
  await mkdir(folder)
  await writeFile(join(folder, 'picture.jpg'), await door('open'))
  await promisify(execFile)('bash', ['-c', line ?? ''], { cwd: folder })

  await dialog.getByText('A frame has come.').waitFor()
  await dialog.getByRole('img', { name: 'The latest frame of garage-pi/cam' }).waitFor()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'hidden' })
  await page.getByRole('listitem').filter({ hasText: 'garage-pi' }).getByRole('link', { name: 'cam' }).waitFor()
  // Shown once, and nowhere any more.
  const token = /-P (\S+)/.exec(line ?? '')?.[1] ?? ''
  expect(token.length).toBeGreaterThan(20)
  expect(await page.content()).not.toContain(token)
  await press(page, 'link', 'Wall')
  expect(visit.faults).toEqual([])
})

test('a server that dies is told of, and the page goes on by itself when it is back', async () => {
  const { page } = visit
  await page.evaluate('globalThis.sameDocument = true')
  await system.killServer()
  await page.getByText(/^Not live: reconnecting/).waitFor()
  await system.startServer()
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor()
  await changes(livePicture())
  expect(await page.evaluate('globalThis.sameDocument')).toBe(true)
})

test('who is not welcome any more stands before the sign-in page', async () => {
  const { id, token } = await system.api.send<{ id: string; token: string }>('POST', '/api/tokens', {
    name: 'guest',
    role: 'operator',
  })
  const guest = await Visit.begin(browser)
  await guest.page.goto(`${system.server.http}/#token=${token}`)
  await guest.page.getByRole('heading', { name: 'Cameras' }).waitFor()
  await system.api.send('DELETE', `/api/tokens/${id}`)
  await guest.page.getByRole('heading', { name: 'Sign in to ajar' }).waitFor()
  await guest.close()
})
