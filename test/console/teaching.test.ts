import type { Page } from 'playwright-core'
import { afterEach, expect, test } from 'vitest'
import { teachDoor } from '../journeys/lesson.ts'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, type Looks, PHONE, Visit } from './visit.ts'

/** What the label desk takes for said, and what it does when the server is slow, fails, or is used by others too. */

const CAMERA = 'desk-pi/door'
const WAITING = 6

let visit: Visit

setStage({
  prepare: async () => {
    await teachDoor(system, CAMERA)
    const now = Date.now()
    for (let i = 0; i < WAITING; i++) await send(now - (i + 1) * 1000)
  },
})
afterEach(() => visit?.close())

async function send(capturedAt: number): Promise<void> {
  await system.api.sendJpeg(`/api/cameras/${CAMERA}/frames?capturedAt=${capturedAt}`, await door('open', capturedAt))
}

async function atTheDesk(looks: Looks = DESKTOP, query = ''): Promise<Page> {
  visit = await Visit.begin(browser, looks)
  const { page } = visit
  await page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await page.goto(`${system.server.http}/teach/${CAMERA}${query}`)
  await page.getByRole('heading', { name: `Teach ${CAMERA}` }).waitFor()
  return page
}

const shown = (page: Page) => page.locator('.preview[aria-busy=false]')
const chosen = (page: Page) => page.locator('.frame-tile.current').getAttribute('id')
const labelled = (page: Page) => page.locator('.frame-tile[data-state]').count()
const undo = async (page: Page) => {
  await page.keyboard.press('u')
  await shown(page).waitFor()
}

test('no frame is labelled before its picture is seen, and no other picture stands in its place', async () => {
  const page = await atTheDesk()
  await shown(page).waitFor()
  const held = Promise.withResolvers<void>()
  await page.route(/image\?width=\d+/, async (route) => {
    await held.promise
    await route.continue()
  })
  await page.reload()
  await page.locator('.preview[aria-busy=true]').waitFor()
  const first = await chosen(page)
  await page.keyboard.press('1')
  expect(await chosen(page)).toBe(first)
  expect(await labelled(page)).toBe(0)
  await page.keyboard.press('ArrowRight')
  const sources = await page
    .locator('.preview img')
    .evaluateAll((images) => images.map((one) => one.getAttribute('src')))
  const id = (await chosen(page))?.split('-').at(-1)
  expect(sources.map((src) => src?.includes(`/${id}/image`))).toEqual([true, true])
  held.resolve()
  await shown(page).waitFor()
  await page.keyboard.press('1')
  await page.locator('.frame-tile[data-state]').waitFor()
  await undo(page)
})

test('a key that is held down labels one frame; skipping goes to the next one, as the arrow does', async () => {
  const page = await atTheDesk()
  await shown(page).waitFor()
  const places = page.locator('.frame-tile')
  const ids = await places.evaluateAll((tiles) => tiles.map(({ id }) => id))
  await page.keyboard.down('2')
  for (let i = 0; i < 20; i++) {
    await shown(page).waitFor()
    await page.keyboard.down('2') // the keyboard repeats it
  }
  await page.keyboard.up('2')
  expect(await labelled(page)).toBe(1)
  await page.keyboard.press('Home')
  await page.getByRole('button', { name: 'Skip' }).click()
  expect(await chosen(page)).toBe(ids[1])
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowRight')
  expect(await chosen(page)).toBe(ids[1])
  await undo(page)
  expect(await labelled(page)).toBe(0)
})

test('a label that is said while the server is away is shown, and kept when it is back', async () => {
  const page = await atTheDesk()
  await shown(page).waitFor()
  const id = await chosen(page)
  await page.route('**/api/labels', (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()))
  const refused = page.waitForEvent('requestfailed')
  await page.keyboard.press('2')
  await refused
  expect(await page.locator(`[id="${id}"][data-state]`).count()).toBe(1)
  expect(await page.locator('.toast.failed').count()).toBe(0)
  await page.unroute('**/api/labels')
  await page.waitForResponse((response) => response.url().endsWith('/api/labels') && response.ok())
  expect(await labelled(page)).toBe(1)
  await undo(page)
})

test('an operator is not told that he is none while the server has not said who he is', async () => {
  const page = await atTheDesk()
  const held = Promise.withResolvers<void>()
  await page.route('**/api/session', async (route) => {
    await held.promise
    await route.continue()
  })
  const counts = page.waitForResponse(/\/api\/labels\?/)
  await page.reload()
  await (await counts).finished()
  await page.getByText(/^Loading/).waitFor()
  expect(await page.getByText('Teaching needs the role operator').count()).toBe(0)
  held.resolve()
  await page.getByRole('heading', { name: `Teach ${CAMERA}` }).waitFor()
})

test('a refresh that fails leaves the desk as it is; a first load that fails can be tried again', async () => {
  const page = await atTheDesk()
  await shown(page).waitFor()
  await page.route(`**/api/cameras/${CAMERA}`, (route) => route.abort())
  await system.api.send('PATCH', `/api/cameras/${CAMERA}`, { debounce: 4 })
  await page.locator('.toast.failed').waitFor()
  expect(await shown(page).count()).toBe(1)
  await page.reload()
  await page.getByRole('heading', { name: 'This camera could not be loaded' }).waitFor()
  await page.unroute(`**/api/cameras/${CAMERA}`)
  await page.getByRole('button', { name: 'Try again' }).click()
  await shown(page).waitFor()
})

test('a training that was begun elsewhere is followed, and frames that come wait beside the desk', async () => {
  const page = await atTheDesk(DESKTOP, '?order=newest')
  await shown(page).waitFor()
  const first = await chosen(page)
  await page.getByText(`${CAMERA}@1 is active`).waitFor()
  await system.api.send('POST', '/api/training', { camera: CAMERA, force: true })
  await page.getByText(`${CAMERA}@2 is active`).waitFor()
  const at = Date.now()
  await send(at)
  const newer = page.getByRole('button', { name: '1 newer frame: show' })
  await newer.waitFor()
  expect(await chosen(page)).toBe(first)
  await newer.click()
  await page.locator(`.frame-tile.current[id$="${at}"]`).waitFor()
  expect(await newer.count()).toBe(0)
})

test('on a phone one trains before one chooses other frames', async () => {
  const page = await atTheDesk(PHONE)
  await shown(page).waitFor()
  const train = await page.getByRole('button', { name: 'Train', exact: true }).boundingBox()
  const sources = await page.getByText(/^Which frames/).boundingBox()
  expect(train?.y).toBeLessThan(sources?.y ?? 0)
  expect(await page.getByLabel('Order').isVisible()).toBe(false)
})

test('a camera that is renamed or deleted elsewhere is followed', async () => {
  const page = await atTheDesk()
  await system.api.send('POST', `/api/cameras/${CAMERA}/rename`, { to: 'desk-pi/gate' })
  await page.getByRole('heading', { name: 'Teach desk-pi/gate' }).waitFor()
  await system.api.send('DELETE', '/api/cameras/desk-pi/gate')
  await page.waitForURL(`${system.server.http}/`)
})
