import type { Page } from 'playwright-core'
import { afterEach, expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** What somebody meets who sets up his first camera, and takes wrong turns. */

const CAMERA = 'shed-pi/gate'

let visit: Visit

setStage({
  prepare: async () => {
    for (const device of ['shed-pi', 'yard-pi']) await system.addDevice(device)
    const minute = Math.floor(Date.now() / 60_000 - 2) * 60_000
    for (const ms of [0, 4000, 4300]) await post(CAMERA, minute + ms)
  },
})
afterEach(() => visit?.close())

async function post(camera: string, at: number) {
  await system.api.sendJpeg(`/api/cameras/${camera}/frames?capturedAt=${at}`, await door('open', at))
  await system.ended(`${camera}/${at}`)
}

async function at(path: string, looks = DESKTOP): Promise<Page> {
  visit = await Visit.begin(browser, looks)
  const { page } = visit
  await page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await page.goto(system.server.http + path)
  return page
}

const fold = (page: Page, title: string) => page.locator('summary').filter({ hasText: title }).click()

test('the dialog of states takes what is typed, and the keys of the desk hold when it is gone', async () => {
  const page = await at(`/teach/${CAMERA}`)
  await page.getByRole('button', { name: 'Name the states' }).click()
  await page.getByRole('dialog').waitFor()
  await page.keyboard.type('shut')
  expect(await page.getByLabel('State 1').inputValue()).toBe('shut')
  await page.getByRole('button', { name: 'Add a state' }).click()
  await page.keyboard.type('wide')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await page.locator('.preview[aria-busy=false]').waitFor()
  await page.keyboard.press('1')
  await page.locator('.frame-tile[data-state]').waitFor()
  expect(await system.api.get(`/api/cameras/${CAMERA}`)).toMatchObject({ states: ['shut', 'open', 'wide'] })
  const times = await page.locator('.frame-tile .time').allTextContents()
  expect(new Set(times).size).toBe(3)
})

test('a state that is typed but not added is kept or asked about; one that may not go is put back', async () => {
  const page = await at(`/camera/${CAMERA}`)
  const save = page.getByRole('button', { name: 'Save', exact: true })
  const states = () => system.api.get<{ states: string[] }>(`/api/cameras/${CAMERA}`).then((body) => body.states)
  const field = page.getByLabel('Another state')
  await field.fill('Half Open')
  await save.click()
  expect(await page.locator('input:invalid').count()).toBe(1)
  await field.fill('half')
  await save.click()
  const kept = page.getByText('The settings are kept.')
  await kept.waitFor()
  expect(await states()).toEqual(['shut', 'open', 'wide', 'half'])
  await page.getByRole('button', { name: 'Remove shut' }).click()
  await save.click()
  await page.getByText('labels still say shut').waitFor()
  expect(await kept.count()).toBe(0)
  await page.getByRole('button', { name: 'Put shut back' }).click()
  expect(await page.getByText('labels still say shut').count()).toBe(0)
  await save.click()
  await kept.waitFor()
  expect(await states()).toEqual(['shut', 'open', 'wide', 'half'])
})

test('masks are removed one by one; Escape leaves a frame of the past', async () => {
  const page = await at(`/camera/${CAMERA}`)
  await fold(page, 'Privacy masks')
  const place = page.getByRole('application')
  await place.waitFor()
  for (const left of [0.1, 0.6]) {
    const box = await place.boundingBox()
    if (!box) throw new Error('no place for masks')
    for (const [x, y] of [
      [left, 0.2],
      [left + 0.2, 0.2],
      [left, 0.6],
    ] as const)
      await place.click({ position: { x: x * box.width, y: y * box.height } })
    await page.getByRole('button', { name: 'Close the mask' }).click()
  }
  await page.getByRole('button', { name: 'Remove mask 1' }).click()
  await page.getByText('1 mask, 0 corners').waitFor()
  await page.getByRole('region', { name: 'Camera care' }).getByRole('button', { name: 'Save' }).click()
  await page.getByText('Frames that come from now on are masked').waitFor()
  const { masks } = await system.api.get<{ masks: { x: number }[][] }>(`/api/cameras/${CAMERA}`)
  expect(masks.map(([first]) => first?.x)).toEqual([expect.closeTo(0.6, 1)])

  await page.getByRole('region', { name: 'Results' }).getByRole('button', { name: /:/ }).last().click()
  const back = page.getByRole('button', { name: 'Back to live' })
  await back.waitFor()
  await page.keyboard.press('Escape')
  await back.waitFor({ state: 'detached' })
})

test('a camera is renamed onto a device that is there, and its old addresses lead to it', async () => {
  const page = await at(`/camera/${CAMERA}`)
  await fold(page, 'Rename')
  expect(await page.getByLabel('Device').locator('option').allTextContents()).toEqual(['shed-pi', 'yard-pi'])
  await page.getByLabel('Device').selectOption('yard-pi')
  await page.getByLabel('New name').fill('door')
  await page.getByRole('button', { name: 'Rename' }).click()
  await page.waitForURL(`${system.server.http}/camera/yard-pi/door`)
  for (const kind of ['camera', 'teach']) {
    await page.goto(`${system.server.http}/${kind}/${CAMERA}`)
    await page.waitForURL(`${system.server.http}/${kind}/yard-pi/door`)
    await page.getByRole('heading', { name: kind === 'camera' ? /^door/ : 'Teach yard-pi/door' }).waitFor()
  }
})

test('notices cover the head of the page only; a picture that is on its way is not said to be missing', async () => {
  const page = await at('/camera/yard-pi/door', PHONE)
  await page.getByRole('button', { name: 'Save', exact: true }).first().click()
  const notice = page.locator('.toast').first()
  await notice.waitFor()
  const box = await notice.boundingBox()
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(64)
  const words = (kind: string) =>
    page.evaluate(`{
      const place = document.createElement('div')
      place.className = 'picture'
      if ('${kind}') place.dataset.picture = '${kind}'
      document.body.append(place)
      getComputedStyle(place, '::after').content
    }`)
  expect([await words(''), await words('none')]).toEqual(['none', '"no picture yet"'])
})

test('of a camera that is not there nothing is asked but whether it is', async () => {
  const page = await at('/camera/shed-pi/nowhere')
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.reload()
  await page.getByText('There is no camera shed-pi/nowhere').waitFor()
  expect(asked.filter((url) => /ribbon$|nowhere\//.test(new URL(url).pathname))).toEqual([])
})

test('a quiet camera without a device says so, and still how to teach it', async () => {
  await system.api.send('DELETE', '/api/devices/yard-pi')
  const page = await at('/')
  const tile = page.getByRole('listitem').filter({ hasText: 'yard-pi' })
  await tile.getByText('its device was removed').waitFor()
  await tile.getByRole('link', { name: 'Teach it its states' }).waitFor()
})
