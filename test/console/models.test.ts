import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, Visit } from './visit.ts'

/** The whole of teaching, in one visit: labels, a model and where it errs, a better one, and back; nothing is lost. */

const CAMERA = 'lesson-pi/door'
const OTHER = 'lesson-pi/gate'
const STATES = ['closed', 'open'] as const
const FRAMES = 36
const APART_MS = 23 * 60_000
const RENDERED_DAY_MS = 600_000

let visit: Visit
/** Ids, the newest first: as the desk lays them out. */
let frames: string[]
/** What each of them shows. */
const truth = new Map<string, (typeof STATES)[number]>()
/** Open doors that somebody took for closed. */
let mistaken: string[]

setStage({
  isChain: true,
  prepare: async () => {
    const now = Date.now()
    for (let i = FRAMES; i >= 1; i--) {
      const state = STATES[i % 2] ?? 'closed'
      truth.set(await post(CAMERA, state, now - i * APART_MS, ((i * 7) % FRAMES) / FRAMES), state)
    }
    await post(OTHER, 'closed', now, 0.5)
    frames = [...truth.keys()].toReversed()
    mistaken = frames.filter((frame) => truth.get(frame) === 'open').slice(4, 6)
    visit = await Visit.begin(browser, DESKTOP)
    await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
    await visit.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  },
})

/** @param day where the day of the rendered door stands, 0..1 @returns its id */
async function post(camera: string, state: (typeof STATES)[number], at: number, day: number): Promise<string> {
  const jpeg = await door(state, Math.round((3 + day) * RENDERED_DAY_MS))
  await system.api.sendJpeg(`/api/cameras/${camera}/frames?capturedAt=${at}`, jpeg)
  await system.ended(`${camera}/${at}`)
  return `${camera}/${at}`
}

const open = (path: string) => visit.page.goto(system.server.http + path)
const labelOf = async (frame: string) => (await system.api.get<{ label: string | null }>(`/api/frames/${frame}`)).label
const activeModel = async () => (await system.api.get<{ model: string | null }>(`/api/cameras/${CAMERA}`)).model
const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: typeof name === 'string' })
const link = (name: string | RegExp) => visit.page.getByRole('link', { name, exact: typeof name === 'string' })

/** What a link gives to keep. */
async function downloaded(name: string): Promise<Buffer> {
  const [download] = await Promise.all([visit.page.waitForEvent('download'), link(name).click()])
  const path = join(system.folder, download.suggestedFilename())
  await download.saveAs(path)
  return readFile(path)
}

/** The frame that is before one's eyes, as soon as it is seen. */
async function seen(page: Page): Promise<string> {
  await page.locator('.preview[aria-busy=false]').waitFor()
  const source = await page
    .getByRole('img', { name: /^Frame of/ })
    .first()
    .getAttribute('src')
  return /\/api\/frames\/([^?]+)\/image/.exec(source ?? '')?.[1] ?? ''
}

/** Says something of the frame at hand. @returns which it was, when another one is at hand */
async function say(key: string): Promise<string> {
  const frame = await seen(visit.page)
  await visit.page.keyboard.press(key)
  await until(async () => (await seen(visit.page)) !== frame)
  return frame
}

test('frames are labelled by keys, also as unclear or to be ignored, and taken back; a reload loses none', async () => {
  const { page } = visit
  await open(`/teach/${CAMERA}`)
  await button('Name the states').click()
  await button('Save').click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  const taken = await say('0')
  await until(async () => (await labelOf(taken)) === 'unclear')
  await page.keyboard.press('u')
  await until(async () => (await labelOf(taken)) === null)
  expect(await seen(page)).toBe(taken)
  const unclear = await say('?')
  const ignored = await say('x')
  for (let i = 2; i < FRAMES / 2; i++) await sayWhatItShows()
  await page.reload()
  expect(await seen(page)).toBe(frames[FRAMES / 2])
  for (let i = FRAMES / 2; i < FRAMES - 1; i++) await sayWhatItShows()
  // The last one: no other comes after it.
  const last = await seen(page)
  await page.keyboard.press(String(STATES.indexOf(truth.get(last) ?? 'open') + 1))
  await until(async () => (await labelOf(last)) === truth.get(last))
  expect([await labelOf(unclear), await labelOf(ignored)]).toEqual(['unclear', 'ignore'])
  await page.getByRole('combobox', { name: /^Label/ }).selectOption('unclear')
  await page.waitForURL(/label=unclear/)
  await page.reload()
  expect(await seen(page)).toBe(unclear)
  expect(await page.getByRole('combobox', { name: /^Label/ }).inputValue()).toBe('unclear')
})

async function sayWhatItShows() {
  const frame = await seen(visit.page)
  const shows = mistaken.includes(frame) ? 'closed' : (truth.get(frame) ?? '')
  expect(await say(String(STATES.indexOf(shows as 'open') + 1))).toBe(frame)
}

test('a training ends with a verdict that a reload finds again, and leads to the model', async () => {
  const { page } = visit
  await open(`/teach/${CAMERA}`)
  await button('Train').click()
  const active = page.getByText(`${CAMERA}@1 is active`)
  await active.waitFor()
  await page.reload()
  await active.waitFor()
  await page.locator('.score .verdict').waitFor()
  await page.getByText('What it did').first().click()
  await page.locator('.job-log li').first().waitFor()
  await link('All about model 1').click()
  await page.getByRole('heading', { name: /^Model 1/ }).waitFor()
  const { evaluation } = await system.api.get<{ evaluation: { balancedAccuracy: number } }>(`/api/models/${CAMERA}@1`)
  const figure = await page.locator('.score .accuracy strong').textContent()
  expect(Number.parseFloat(figure ?? '')).toBeCloseTo(100 * evaluation.balancedAccuracy, 0)
  await page.locator('.learning-curve circle').nth(2).waitFor()
})

test('a field of the confusion shows its frames, and one that was labelled wrong is labelled anew', async () => {
  const { page } = visit
  const field = button(/frames? of closed that the model took for open$/)
  await field.click()
  await page.reload()
  expect(await field.getAttribute('aria-pressed')).toBe('true')
  const list = page.getByRole('list', { name: 'Frames it got wrong' })
  for (const frame of mistaken) await list.locator(`a[href*="${encodeURIComponent(frame)}"]`).waitFor()
  await list.locator(`a[href*="${encodeURIComponent(mistaken[1] ?? '')}"]`).click()
  await page.getByRole('heading', { name: 'Labelled closed; model 1 took them for open' }).waitFor()
  expect(await seen(page)).toBe(mistaken[1])
  await page.keyboard.press('2')
  await until(async () => (await labelOf(mistaken[1] ?? '')) === 'open')
})

test('labels that look wrong are told of, and are not suspected any more when they were corrected', async () => {
  const { page } = visit
  await open(`/teach/${CAMERA}`)
  await link(/looks? wrong: look at (it|these) first$/).click()
  await page.getByRole('heading', { name: 'Labels that look wrong' }).waitFor()
  await page.locator(`[id="frame-${mistaken[0]?.replaceAll('/', '-')}"]`).click()
  expect(await seen(page)).toBe(mistaken[0])
  await page.keyboard.press('2')
  await until(async () => (await labelOf(mistaken[0] ?? '')) === 'open')
  await open(`/teach/${CAMERA}`)
  await page.locator('.outcome').waitFor()
  expect(await page.locator('.suspects-first').count()).toBe(0)
})

test('a region is drawn, the frames are looked at anew, and the next model looks at it', async () => {
  const { page } = visit
  await open(`/camera/${CAMERA}`)
  await page.getByText('Region of interest').first().click()
  const place = page.getByRole('application', { name: /draw the region/ })
  await place.focus()
  const press = async (key: string, times = 1) => {
    for (let i = 0; i < times; i++) await page.keyboard.press(key)
  }
  await press('ArrowLeft', 20)
  await press('ArrowUp', 24)
  await press('Space')
  await press('ArrowRight', 40)
  await press('Space')
  await press('ArrowDown', 48)
  await press('Space')
  await press('ArrowLeft', 40)
  await press('Space')
  await press('Enter')
  await page.locator('.polygon-place .region').waitFor()
  await page.getByText('Not saved yet').waitFor()
  await page.getByRole('region', { name: 'Camera care' }).getByRole('button', { name: 'Save' }).first().click()
  await page.getByText('The labelled frames were looked at anew').waitFor()
  await page.reload()
  await page.getByText('a part of the picture').waitFor()
  const { region } = await system.api.get<{ region: { x: number; y: number }[] }>(`/api/cameras/${CAMERA}`)
  expect(region).toHaveLength(4)

  await open(`/teach/${CAMERA}`)
  await button('Train').click()
  await page.getByText(`${CAMERA}@2 is active`).waitFor()
  await link('All about model 2').click()
  await page.getByText('a region of the picture').waitFor()
})

test('one goes back to the model before, and forth again; the history says who did it', async () => {
  const { page } = visit
  await link(/^Models of/).click()
  await page.getByRole('heading', { name: /^Models of door/ }).waitFor()
  await button('Roll back to model 1').click()
  await page.getByRole('dialog').getByText(`${CAMERA}@1`).waitFor()
  await button('Roll back').click()
  await until(async () => (await activeModel()) === `${CAMERA}@1`)
  await page.getByText('Rolled back to model 1').waitFor()
  await page.reload()
  await page.locator('.versions li.active').getByText('Model 1').waitFor()
  expect(await button(/^Roll back/).count()).toBe(0)
  await button('Activate').click()
  await until(async () => (await activeModel()) === `${CAMERA}@2`)
})

test('a model is downloaded, and uploaded as another version; what is no model is told', async () => {
  const { page } = visit
  await open(`/models/${CAMERA}/2`)
  const archive = await downloaded('Download')
  await open(`/models/${CAMERA}`)
  const field = page.getByLabel('Zip of a model')
  await field.setInputFiles({ name: 'no-model.zip', mimeType: 'application/zip', buffer: Buffer.from('no zip at all') })
  await page.locator('.upload .wrong').waitFor()
  visit.faults.length = 0 // the refusal
  await field.setInputFiles({ name: 'model.zip', mimeType: 'application/zip', buffer: archive })
  await page.locator('.versions').getByText('Model 3').waitFor()
  await page.locator('.versions').getByText('uploaded').waitFor()
  expect(await activeModel()).toBe(`${CAMERA}@2`)
})

test('it is trained by itself at a time that is added, paused and removed', async () => {
  const { page } = visit
  await open(`/models/${CAMERA}`)
  const schedules = page.getByRole('region', { name: 'Train by itself' })
  await schedules.getByLabel('When').selectOption('at times of your own')
  await schedules.getByLabel('Cron line').fill('0 3 * *')
  await schedules.getByRole('button', { name: 'Add' }).click()
  await schedules.getByText('there are 4').waitFor()
  await schedules.getByLabel('When').selectOption('every Sunday at 03:00')
  await schedules.getByRole('button', { name: 'Add' }).click()
  await schedules.getByText(/^next /).waitFor()
  await schedules.getByRole('button', { name: 'Pause' }).click()
  await schedules.getByText('paused').waitFor()
  await page.reload()
  await schedules.getByText('paused').waitFor()
  await schedules.getByRole('button', { name: /^Remove/ }).click()
  await until(async () => (await system.api.get<{ items: [] }>('/api/schedules')).items.length === 0)
})

test('a model that is worse is held back with both figures, and activated all the same where one insists', async () => {
  const { page } = visit
  const labels = [...truth].map(([frame, state]) => ({ frame, state: state === 'open' ? 'closed' : 'open' }))
  await system.api.send('POST', '/api/labels', { labels })
  await open(`/teach/${CAMERA}`)
  await button('Train').click()
  await page.getByText(`${CAMERA}@4 was not activated: it is worse than model 2.`).waitFor()
  await page.locator('.gate .worse').waitFor()
  await page.locator('.score').getByText('Worse than model 2').waitFor()
  await page.reload()
  const dialog = page.getByRole('dialog')
  await button('Activate it all the same').click()
  await dialog.locator('.gate').waitFor()
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await open(`/models/${CAMERA}`)
  await page.locator('.versions').getByText('Held back: worse than model 2').waitFor()
  await link('Model 4').click()
  await button('Activate').click()
  const figures = await dialog.locator('.gate dd').allTextContents()
  const [candidate, active] = figures.map(Number.parseFloat)
  expect(candidate).toBeLessThan(active ?? 0)
  expect(await activeModel()).toBe(`${CAMERA}@2`)
  await dialog.getByRole('button', { name: 'Activate all the same' }).click()
  await until(async () => (await activeModel()) === `${CAMERA}@4`)
  await page.locator('h1 .tag').waitFor()
})

test('what one camera exports another one imports, and it starts from a model of its sibling', async () => {
  const { page } = visit
  await open(`/teach/${CAMERA}`)
  await page.getByText('Import and export').click()
  const zip = await downloaded('Export all labelled pictures')

  await open(`/teach/${OTHER}`)
  await button(/^Start from it/).click()
  await page.getByText(`${OTHER} starts with the model of ${CAMERA}`).waitFor()
  await button(/^Start from it/).waitFor({ state: 'detached' }) // what is offered to a camera without a model
  await page.locator('.preview[aria-busy=false]').waitFor()
  expect(await system.api.get(`/api/cameras/${OTHER}`)).toMatchObject({ states: [...STATES], model: `${OTHER}@1` })

  await page.getByText('Import labelled pictures').click()
  const field = page.getByLabel('Zip of labelled pictures')
  await field.setInputFiles({ name: 'door.jpg', mimeType: 'image/jpeg', buffer: zip })
  await page.getByText('door.jpg is no zip').waitFor()
  await field.setInputFiles({ name: 'door.zip', mimeType: 'application/zip', buffer: zip })
  const outcome = page.getByText(`${FRAMES} pictures imported, ${FRAMES} labelled`)
  await outcome.waitFor()
  await page.reload()
  await page.getByText('Import and export').click()
  await outcome.waitFor()
  expect(visit.faults).toEqual([])
  await visit.close()
})
