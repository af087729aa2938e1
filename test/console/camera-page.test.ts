import { expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** What an operator does at the page of a camera that is quiet: look back, correct, mask, remove. */

const CAMERA = 'yard-pi/gate'
const COUNT = 24
const STEP_MS = 60_000
const HOUR_MS = 3_600_000

/** Ids, the oldest first. */
let frames: string[]

setStage({
  prepare: async () => {
    const from = Date.now() - (COUNT + 1) * STEP_MS
    frames = []
    for (let i = 0; i < COUNT; i++) frames.push(await post(from + i * STEP_MS))
    await system.api.send('PATCH', `/api/cameras/${CAMERA}`, { states: ['closed', 'open'] })
    for (const frame of frames) await until(async () => (await system.frame(frame))?.outcome !== 'pending')
  },
})

async function post(atMs: number): Promise<string> {
  await system.api.sendJpeg(
    `/api/cameras/${CAMERA}/frames?capturedAt=${atMs}`,
    await door(atMs % 2 ? 'open' : 'closed'),
  )
  return `${CAMERA}/${atMs}`
}

async function visiting(path: string, looks = DESKTOP): Promise<Visit> {
  const visit = await Visit.begin(browser, looks)
  await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await visit.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await visit.page.goto(system.server.http + path)
  return visit
}

const page = `/camera/${CAMERA}`
const chosenPicture = ({ page }: Visit) => page.getByRole('img', { name: `${CAMERA}, the chosen frame` })
const results = ({ page }: Visit) => page.getByRole('region', { name: 'Results' })

test('a result that is clicked is brought into view, and its label corrected there, and taken back', async () => {
  const visit = await visiting(page)
  await results(visit).getByRole('button', { name: /:/ }).nth(5).click()
  await chosenPicture(visit).waitFor()
  const sight = visit.page.getByRole('region', { name: 'Picture' })
  await until(async () => ((await sight.boundingBox())?.y ?? -1) >= 0)
  const label = async () => (await system.api.get<{ label: string | null }>(`/api/frames/${frames.at(-6)}`)).label
  await sight.getByRole('button', { name: 'open' }).click()
  await until(async () => (await label()) === 'open')
  await results(visit).getByRole('cell', { name: 'open', exact: true }).waitFor()
  await sight.getByRole('button', { name: 'Undo' }).click()
  await until(async () => (await label()) === null)
  expect(await visit.page.title()).toBe('gate · yard-pi · ajar')
  expect(visit.faults).toEqual([])
  await visit.close()
})

test('the menu of the account closes by Escape, by a click elsewhere and with the page', async () => {
  const visit = await visiting(page)
  const account = visit.page.getByRole('button', { name: 'admin' })
  const signOut = visit.page.getByRole('button', { name: 'Sign out' })
  for (const away of [
    () => visit.page.keyboard.press('Escape'),
    () => visit.page.mouse.click(10, 400),
    () => visit.page.evaluate(`document.querySelector('a[href="/devices"]').click()`),
  ]) {
    await account.click()
    await signOut.waitFor()
    await away()
    await signOut.waitFor({ state: 'hidden' })
  }
  await visit.close()
})

test('a wheel scrolls past the ribbon; with Ctrl, or after a click, it zooms', async () => {
  const visit = await visiting(page, { ...DESKTOP, height: 500 })
  const ribbon = visit.page.getByRole('slider', { name: /^States over time/ })
  await results(visit).getByRole('cell').first().waitFor()
  const span = () => ribbon.getAttribute('aria-valuemin')
  await ribbon.hover()
  const before = await span()
  const top = await visit.page.evaluate('scrollY')
  await visit.page.mouse.wheel(0, -100)
  await until(async () => (await visit.page.evaluate('scrollY')) !== top)
  await ribbon.hover()
  await ribbon.focus()
  await visit.page.mouse.wheel(0, -300)
  await until(async () => Number(await span()) > Number(before) + STEP_MS)
  await visit.close()
})

test('a mask is drawn by taps, not by scrolling over the picture, and one set elsewhere is not wiped out', async () => {
  const visit = await visiting(page, PHONE)
  await visit.page.getByText('Privacy masks').click()
  const place = visit.page.getByRole('application')
  const corners = (count: string) => visit.page.getByText(`${count} of the next one`)
  await corners('0 corners').waitFor()
  const box = (await place.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  await place.dispatchEvent('pointerdown', { clientX: box.x + 20, clientY: box.y + 20, pointerType: 'touch' })
  await place.dispatchEvent('pointercancel', { pointerType: 'touch' })
  for (const [x, y] of [
    [20, 20],
    [80, 20],
    [80, 80],
  ] as const)
    await place.click({ position: { x, y } })
  await corners('3 corners').waitFor()
  await visit.page.getByText('Close the mask or take its corners back, then save.').waitFor()
  await visit.page.getByRole('button', { name: 'Close the mask' }).click()

  const theirs = [
    [
      { x: 0.5, y: 0.5 },
      { x: 1, y: 0.5 },
      { x: 1, y: 1 },
    ],
  ]
  await system.api.send('PATCH', `/api/cameras/${CAMERA}`, { masks: theirs })
  await visit.page.getByText(/^Changed elsewhere while you edited/).waitFor()
  await visit.page.getByRole('button', { name: 'Take what was set there' }).click()
  await system.api.send('PATCH', `/api/cameras/${CAMERA}`, { masks: [] })
  await visit.page.getByText('0 masks').waitFor()
  expect(visit.faults).toEqual([])
  await visit.close()
})

test('a purge says what it takes before it does, and then no page shows it', async () => {
  const visit = await visiting(page)
  const [oldest = '', second = ''] = frames
  await system.api.send('PUT', `/api/frames/${oldest}/label`, { state: 'open' })
  await until(async () => (await results(visit).getByRole('button', { name: 'Older' }).isEnabled()) === true)
  await results(visit).getByRole('button', { name: 'Older' }).click()
  await results(visit).getByRole('button', { name: /:/ }).last().click()
  await chosenPicture(visit).waitFor()

  const local = (frame: string, after = 0) => {
    const at = Number(frame.split('/')[2]) + after
    return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
  }
  await visit.page.getByText('Remove frames of a span').click()
  await visit.page.getByLabel('From').fill(local(oldest))
  await visit.page.getByLabel('To, not included').fill(local(second, 1000))
  await visit.page.getByRole('button', { name: 'Remove these frames …' }).click()
  await visit.page.getByText('2 frames with results and transitions, 1 of them labelled').waitFor()
  expect(await system.frame(oldest)).not.toBeNull()
  await visit.page.getByRole('button', { name: 'Remove 2 frames for good' }).click()
  await visit.page.getByText('Removed.').waitFor()
  expect([await system.frame(oldest), await system.frame(second)]).toEqual([null, null])
  await chosenPicture(visit).waitFor({ state: 'detached' })
  await visit.page.getByRole('region', { name: 'Picture' }).scrollIntoViewIfNeeded() // else nothing is loaded for it
  await visit.page.getByRole('img', { name: `${CAMERA}, the newest frame` }).waitFor()
  expect(visit.faults).toEqual([])
  await visit.close()
})

test('a removal whose end the stream does not tell ends on the page all the same', async () => {
  const visit = await visiting(page)
  await visit.page.route('**/api/events*', (route) => route.abort())
  await visit.page.reload()
  await visit.page.getByText('Remove frames of a span').click()
  await visit.page.getByLabel('From').fill('2001-01-01T00:00:00')
  await visit.page.getByLabel('To, not included').fill('2001-01-02T00:00:00')
  await visit.page.getByRole('button', { name: 'Remove these frames …' }).click()
  await visit.page.getByRole('button', { name: 'Remove 0 frames for good' }).click()
  await visit.page.getByText('Removed.').waitFor()
  await visit.close()
})

test('which cameras the wall shows outlives a reload, and a look at one of them', async () => {
  const visit = await visiting('/?state=unknown')
  const state = visit.page.getByRole('combobox', { name: 'State' })
  expect(await state.inputValue()).toBe('unknown')
  await visit.page.getByRole('searchbox').fill('gat')
  await visit.page.waitForURL(/name=gat/)
  await visit.page.reload()
  expect([await state.inputValue(), await visit.page.getByRole('searchbox').inputValue()]).toEqual(['unknown', 'gat'])
  await visit.page.getByRole('link', { name: 'gate' }).click()
  await visit.page.getByRole('link', { name: 'Cameras' }).click()
  expect(await state.inputValue()).toBe('unknown')
  await state.selectOption('open')
  await visit.page.getByText('No camera fits').waitFor()
  await visit.close()
})

test('a browser whose clock is an hour ahead says how old things are all the same', async () => {
  const visit = await Visit.begin(browser)
  await visit.context.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${HOUR_MS} }`)
  await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  const tile = visit.page.getByRole('listitem').filter({ has: visit.page.getByRole('link', { name: 'gate' }) })
  await post(Date.now())
  await tile.getByText(/^(now|\d+ s ago)$/).waitFor()
  expect(await tile.getByText(/no frames for/).count()).toBe(0)
  await visit.close()
})
