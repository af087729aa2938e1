import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { teachDoor } from '../journeys/lesson.ts'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** A door that a camera and a sensor see, in the console: made, looked at, and labelled where they disagree. */

const CAMERA = 'hall-pi/front'
const SENSOR = 'hall-pi/reed'
const DAY_MS = 600_000
/** Numbers that a sensor reads while the door has this state. */
const NUMBERS = { closed: -10, open: 10 }
type State = keyof typeof NUMBERS

let visit: Visit
let clock: number

setStage({
  isChain: true,
  prepare: async () => {
    await system.addDevice('hall-pi')
    await teachDoor(system, CAMERA)
    await teachSensor()
    await system.api.send('PATCH', `/api/cameras/${CAMERA}`, { debounce: 1, threshold: 0.5 })
    await system.api.send('PATCH', `/api/sensors/${SENSOR}`, { debounce: 1, threshold: 0.5 })
    clock = Date.now() - 120_000
  },
})
beforeAll(async () => {
  if (!hasBrowser) return
  visit = await Visit.begin(browser)
  await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await visit.page.getByRole('navigation', { name: 'Pages' }).waitFor()
})
afterEach(() => expect(visit?.faults ?? []).toEqual([]))
afterAll(() => visit?.close())

/** Four numbers of a state, and a little of chance that is the same each time. */
const reading = (state: State, i: number) => [0, 1, 2, 3].map((n) => NUMBERS[state] + n + Math.sin(i * 7 + n))

/** Imports readings of both states and learns from them. */
async function teachSensor() {
  const from = Date.now() - 3_600_000
  const lines = Array.from({ length: 60 }, (_, i) => {
    const state = Math.floor(i / 5) % 2 === 0 ? 'open' : 'closed'
    return [state, from + i * 5000, ...reading(state, i)].join(',')
  })
  const imported = await fetch(`${system.server.http}/api/sensors/${SENSOR}/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'text/csv' },
    body: ['Label,at,a,b,c,d', ...lines].join('\n'),
  })
  const { id } = (await imported.json()) as { id: string }
  await system.api.finished(id)
  const training = await system.api.send<{ id: string }>('POST', '/api/training', { camera: SENSOR })
  await system.api.finished(training.id)
}

/** What both see at one moment. */
async function see(camera: State, sensor: State) {
  clock += 2000
  const jpeg = await door(camera, DAY_MS / 2)
  await system.api.sendJpeg(`/api/cameras/${CAMERA}/frames?capturedAt=${clock}`, jpeg)
  await system.ended(`${CAMERA}/${clock}`)
  await system.api.send('POST', `/api/sensors/${SENSOR}/readings?at=${clock}`, { value: reading(sensor, clock) })
  const of = `/api/readings/${SENSOR}/${clock}`
  const isClassified = async () => (await system.api.get<{ outcome: string }>(of)).outcome
  await expect.poll(isClassified, { timeout: 20_000 }).toBe('classified')
}

const disagreements = () => visit.page.getByRole('region', { name: 'Where they disagree' })
const members = () => visit.page.getByRole('region', { name: 'How it comes about' })

test('a door is made of a camera and a sensor', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/doors`)
  await page.getByRole('heading', { name: 'No door yet' }).waitFor()
  expect(await barriers(page)).toEqual([])
  await page.getByRole('button', { name: 'Add a door' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a door' })
  await dialog.getByLabel('Name').fill('Front ')
  await dialog.getByLabel('States').fill('shut, open')
  await dialog.getByLabel(CAMERA).check()
  await dialog.getByLabel(`What closed of ${CAMERA} says`).selectOption('shut')
  await dialog.getByLabel(SENSOR, { exact: true }).check()
  await dialog.getByLabel(`What closed of ${SENSOR} says`).selectOption('shut')
  expect(await barriers(page)).toEqual([])
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/doors\/front$/)
  await page.getByRole('heading', { name: 'front', exact: true }).waitFor()
  const { members: made } = await system.api.get<{ members: { source: string; states: object }[] }>('/api/doors/front')
  expect(made).toMatchObject([
    { source: CAMERA, states: { closed: 'shut' } },
    { source: SENSOR, states: { closed: 'shut' } },
  ])
  await page.goto(`${system.server.http}/sensors/${SENSOR}`)
  await page.getByText('An eye of the door').getByRole('link', { name: 'front', exact: true }).click()
  await page.getByRole('heading', { name: 'front', exact: true }).waitFor()
})

test('what each says stands there, how much it counts, and what comes of it', async () => {
  for (let i = 0; i < 3; i++) await see('open', 'open')
  await members().getByText('Together:').waitFor()
  for (const source of [CAMERA, SENSOR]) {
    const row = members().getByRole('row').filter({ hasText: source })
    await row.getByText('open', { exact: true }).waitFor()
    await row.getByText(/of \d+ that it had not learned from/).waitFor()
    expect(Number(await row.getByRole('meter').getAttribute('value'))).toBeGreaterThan(0.5)
  }
  await visit.page.getByRole('region', { name: 'State' }).getByText('open', { exact: true }).waitFor()
})

test('where they disagree, the picture stands beside the reading, and one press says what was so', async () => {
  const { page } = visit
  for (let i = 0; i < 3; i++) await see('closed', 'open')
  await page.getByRole('button', { name: 'Look again' }).click()
  const one = disagreements().getByRole('listitem').first()
  await one.getByRole('img', { name: `What ${CAMERA} saw` }).waitFor()
  await one
    .getByRole('img', { name: /^The reading/ })
    .first()
    .waitFor()
  const asked = one.getByRole('group', { name: 'What was the door then?' })
  await asked.getByRole('button', { name: 'shut' }).focus()
  await page.keyboard.press('Enter')
  await one.getByText(`${CAMERA} was right, ${SENSOR} was wrong`).waitFor()
  // No other is open: the focus stays with this one.
  const focused = () => page.locator(':focus').textContent()
  await expect.poll(focused).toBe('Change')
  const labels = async () => {
    const path = '/api/doors/front/disagreements'
    const { items } = await system.api.get<{ items: { members: { label: string | null }[] }[] }>(path)
    return items[0]?.members.map(({ label }) => label)
  }
  await expect.poll(labels).toEqual(['closed', 'closed'])
  expect(await barriers(page)).toEqual([])
})

test('what it was stands there, with what its members saw at a moment that one chooses', async () => {
  const { page } = visit
  for (let i = 0; i < 4; i++) await see('closed', 'closed')
  await page.getByRole('region', { name: 'Transitions' }).getByText('shut', { exact: true }).first().waitFor()
  const now = page.getByRole('region', { name: 'What they see now' })
  await now.getByRole('img', { name: `What ${CAMERA} saw` }).waitFor()
  await now
    .getByRole('img', { name: /^The reading/ })
    .first()
    .waitFor()
})

test.each([DESKTOP, PHONE, { ...PHONE, width: 320, theme: 'dark' as const }])(
  '%j: nothing is in the way',
  async (looks) => {
    const other = await Visit.begin(browser, looks)
    await other.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
    await other.page.getByRole('navigation', { name: 'Pages' }).waitFor()
    for (const path of ['/doors', '/doors/front']) {
      await other.page.goto(`${system.server.http}${path}`)
      await other.page.getByText('front', { exact: true }).first().waitFor()
      if (path !== '/doors') await other.page.getByRole('listitem').first().waitFor()
      expect(await overflow(other.page)).toBe(0)
      expect(await barriers(other.page)).toEqual([])
    }
    expect(other.faults).toEqual([])
    await other.close()
  },
)

test('a door is deleted, and its members stay', async () => {
  const { page } = visit
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await page.waitForURL(/\/doors$/)
  await page.getByRole('heading', { name: 'No door yet' }).waitFor()
  expect((await system.api.get<{ id: string }>(`/api/cameras/${CAMERA}`)).id).toBe(CAMERA)
})
