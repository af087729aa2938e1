import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { needs } from '../setup/needs.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { hasPackets, PACKETS, PACKETS_MISSING, RadioDoor } from './radio.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** A door seen by radio, in the console: set up, collected by hand at the door, judged, trained, and seen live. */

const DEVICE = 'hall-esp'
const SENSOR = 'csi'
const ID = `${DEVICE}/${SENSOR}`
const READINGS = 12
/** Two thousand packets, on machines that do other things beside. */
const TRAINING_MS = 300_000

let visit: Visit
let door: RadioDoor

setStage({
  isChain: true,
  prepare: async () => {
    if (!hasPackets) return
    door = new RadioDoor(await system.connect(DEVICE, await system.addDevice(DEVICE)), DEVICE, SENSOR)
    await door.sendOne('0')
  },
})
beforeAll(async () => {
  if (!hasBrowser) return
  visit = await Visit.begin(browser)
  await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
  await visit.page.getByRole('navigation', { name: 'Pages' }).waitFor()
})
beforeEach((context) => needs(hasPackets, PACKETS_MISSING, context))
afterEach(() => expect(visit?.faults ?? []).toEqual([]))
afterAll(async () => {
  door?.stop()
  await visit?.close()
})

const collect = () => visit.page.getByRole('region', { name: 'Collect' })
const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: true })

test('a sensor of the page Devices leads to its page, where its numbers stand and it is set up', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/devices`)
  await page.getByRole('link', { name: 'Doors', exact: true }).waitFor()
  expect(await page.getByText(/^No camera yet/).count()).toBe(0)
  await page.getByRole('link', { name: SENSOR, exact: true }).click()
  await page.getByRole('heading', { name: new RegExp(`^${SENSOR}`) }).waitFor()
  // What looks like a packet of a Wi-Fi channel is drawn as one before anybody says so.
  await page.getByRole('img', { name: /^amplitude: 53 numbers/ }).waitFor()
  await button(/^A door’s angle/).click()
  expect(await page.getByLabel('106 numbers', { exact: true }).inputValue()).toBe('csi')
  expect(await page.getByLabel('Readings in one look').inputValue()).toBe('8')
  await page.getByText(/For a Wi-Fi channel 8 is proposed/).waitFor()
  await button('Set it up').click()
  await page.getByRole('heading', { name: 'Settings' }).waitFor()
  await page.getByRole('img', { name: /^amplitude: 53 numbers/ }).waitFor()
  await page.getByRole('img', { name: /^phase: 53 numbers/ }).waitFor()
  const { source } = await sensor()
  expect(source.states).toEqual(['0', '15', '30', '45', '60', '75', '90'])
  expect(source.vector.parts.map(({ name, length }) => [name, length])).toEqual([
    ['amplitude', 53],
    ['phase', 53],
  ])
})

test('new numbers are drawn as they come', async () => {
  const label = () => visit.page.getByRole('img', { name: /^amplitude/ }).getAttribute('aria-label')
  const before = await label()
  await door.sendOne('90')
  await expect.poll(label, { timeout: 20_000 }).not.toBe(before)
})

test('the door is held at two angles, twice each, by the keyboard alone', async () => {
  const { page } = visit
  door.start()
  for (const angle of ['15', '30', '45', '60', '75']) await collect().getByLabel(angle).uncheck()
  await collect().getByLabel('Readings of each').fill(String(READINGS))
  await button('Start collecting').focus()
  await page.keyboard.press('Enter')
  for (const [round, angle] of [
    [1, '0'],
    [1, '90'],
    [2, '0'],
    [2, '90'],
  ] as const) {
    await collect().getByText(`Round ${round} of 2.`).waitFor()
    await collect().locator('.collect-say').getByText(angle, { exact: true }).waitFor()
    door.angle = angle
    await expect.poll(focused, { timeout: 20_000 }).toBe('Begin in 3 s')
    await page.keyboard.press('Enter')
    await collect().getByText(`${READINGS} readings of ${angle}.`).waitFor()
    await expect.poll(focused, { timeout: 20_000 }).toBe('Next')
    await page.keyboard.press('Enter')
  }
  await collect()
    .getByText(/^Collected/)
    .waitFor()
  expect(await labels()).toEqual({ '0': 2 * READINGS, '90': 2 * READINGS })
  await button('Collect more').click()
  await collect()
    .getByText(`${2 * READINGS} labelled`)
    .first()
    .waitFor()
})

test('before any training it is said how well the states can be told apart, and what to do', async () => {
  const usable = visit.page.getByRole('region', { name: 'Is it usable?' })
  await usable.getByText(/^Not usable yet: hold 15, 30, 45, 60 and 75/).waitFor()
  await usable.getByRole('columnheader', { name: '0', exact: true }).waitFor()
  await usable.getByRole('rowheader', { name: '90', exact: true }).waitFor()
})

test('what each labelled state looks like stands behind the newest reading, and can be left out', async () => {
  const behind = visit.page.getByRole('group', { name: /^Behind it/ })
  await behind.getByRole('button', { name: '0', exact: true }).click()
  expect(await behind.getByRole('button', { name: '0', exact: true }).getAttribute('aria-pressed')).toBe('false')
  await behind.getByRole('button', { name: '0', exact: true }).click()
})

test('a hold is found after a reload, stopped, and its labels are taken back', async () => {
  const { page } = visit
  await collect().getByLabel('Readings of each').fill('2000')
  await button('Start collecting').click()
  await button('Begin in 3 s').click()
  await collect().getByRole('progressbar', { name: 'Readings' }).waitFor()
  await page.reload()
  await collect().getByRole('progressbar', { name: 'Readings' }).waitFor()
  await button('Stop').click()
  await collect()
    .getByText(/until it was stopped/)
    .waitFor()
  await button('Take these labels back').click()
  await button('Begin in 3 s').waitFor()
  expect(await labels()).toEqual({ '0': 2 * READINGS, '90': 2 * READINGS })
  await button('End').click()
})

test('the labels of a hold that ended while the page was away are taken back', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/devices`)
  const { status } = await fetch(`${system.server.http}/api/sensors/${ID}/holds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ state: '90', readings: READINGS }),
  })
  expect(status).toBe(201)
  await expect.poll(labels, { timeout: 20_000 }).toEqual({ '0': 2 * READINGS, '90': 3 * READINGS })
  await page.goto(`${system.server.http}/sensors/${ID}`)
  const before = collect().getByRole('region', { name: 'The hold before' })
  await before.getByText(`${READINGS} readings of 90.`).waitFor()
  expect(await barriers(page)).toEqual([])
  await before.getByRole('button', { name: 'Take these labels back' }).click()
  await before.waitFor({ state: 'detached' })
  expect(await labels()).toEqual({ '0': 2 * READINGS, '90': 2 * READINGS })
})

test('a file of packets is imported, lines that cannot be used are told', async () => {
  const { page } = visit
  await page.getByText('Import and export').click()
  await page.getByLabel('CSV of labelled readings').setInputFiles(PACKETS)
  await page.getByText(/^2,?197 readings imported, 2,?197 labelled/).waitFor()
  await expect
    .poll(async () => Object.values(await labels()).reduce((sum, count) => sum + count, 0))
    .toBe(2197 + 4 * READINGS)
})

test(
  'it is trained; beside how often it is right stands how often who guesses the commonest is',
  async () => {
    const { page } = visit
    const usable = page.getByRole('region', { name: 'Is it usable?' })
    await expect
      .poll(() =>
        usable
          .getByRole('cell')
          .filter({ hasText: /apart|close|not known/ })
          .count(),
      )
      .toBe(21)
    await page.getByRole('button', { name: 'Train', exact: true }).click()
    await page.getByText(/is active: new readings are classified by it/).waitFor({ timeout: TRAINING_MS })
    await page.getByText(/who always says the commonest state is right in/).waitFor()
    door.angle = '90'
    await page.getByRole('heading', { name: 'The newest reading by itself' }).waitFor()
    expect(await page.getByText(/^Most likely/).count()).toBe(0)
    // What was foretold before the training stands back behind what the training measured.
    await page.getByText(/^Which states can be told apart/).waitFor()
    expect(await usable.count()).toBe(0)
    await page.getByText('By amplitude', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'All about model 1' }).click()
    await page.getByRole('heading', { name: /^Model 1/ }).waitFor()
    await page
      .getByText(/readings it got wrong/)
      .first()
      .waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(await barriers(page)).toEqual([])
    await page.getByRole('link', { name: /^Models of/ }).click()
    await page.getByRole('heading', { name: /^Models of csi/ }).waitFor()
    await page.getByRole('link', { name: SENSOR, exact: true }).click()
  },
  TRAINING_MS,
)

test('a reading of the past is drawn, and its label corrected', async () => {
  const { page } = visit
  await page.getByRole('slider', { name: /^States over time/ }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('Back to now').waitFor()
  const labelled = page.getByRole('group', { name: 'Its label' }).getByRole('button', { name: '15', exact: true })
  await labelled.click()
  await expect.poll(() => labelled.getAttribute('aria-pressed')).toBe('true')
  await page.getByText(/^Labelled 15/).waitFor()
  await button('Take the label away').click()
  await page.getByText('Its label 15 was taken away.').waitFor()
  expect(await labelled.getAttribute('aria-pressed')).toBe('false')
  await button('Undo').click()
  await expect.poll(() => labelled.getAttribute('aria-pressed')).toBe('true')
  await button('Take the label away').click()
  await page.getByText('Back to now').click()
})

test('readings that the model got wrong are gone through one by one, and can be marked', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/models/${ID}/1`)
  await page.getByRole('list', { name: 'Readings it got wrong' }).getByRole('link').first().click()
  const review = page.getByRole('region', { name: /^What model 1 got wrong/ })
  await review.getByText(/^1 of \d+/).waitFor()
  await review.getByText(/^It was labelled/).waitFor()
  await page.getByRole('heading', { name: 'What model 1 says of it now' }).waitFor()
  const first = page.url()
  await review.getByRole('button', { name: 'Next' }).click()
  await review.getByText(/^2 of \d+/).waitFor()
  await button('Unclear').click()
  await page.getByText(/^Labelled unclear, no longer \d+\.$/).waitFor()
  await button('Undo').click()
  await page.getByText(/no longer unclear\.$/).waitFor()
  expect(await overflow(page)).toBeLessThanOrEqual(0)
  expect(await barriers(page)).toEqual([])
  await review.getByRole('button', { name: 'Back to now' }).click()
  await page.getByRole('heading', { name: 'The newest reading by itself' }).waitFor()
  expect(page.url()).not.toBe(first)
  await page.getByRole('link', { name: /labels? looks? wrong/ }).click()
  const wrong = page.getByRole('region', { name: /^Labels that look wrong/ })
  await wrong.getByText(/^1 of \d+/).waitFor()
  await wrong.getByRole('button', { name: 'Previous' }).click()
  await wrong.getByText(/^(\d+) of \1$/).waitFor()
  await wrong.getByRole('button', { name: 'Back to now' }).click()
})

test('it fits and everybody can use it, wide and narrow, light and dark', async () => {
  for (const looks of [DESKTOP, { ...DESKTOP, theme: 'dark' as const }, { ...PHONE, width: 320 }, PHONE]) {
    const other = await Visit.begin(browser, looks)
    const { page } = other
    await other.context.addCookies(await visit.context.cookies())
    await page.goto(`${system.server.http}/sensors/${ID}`)
    await page.getByRole('img', { name: /^phase/ }).waitFor()
    await page.getByText(/^Which states can be told apart/).waitFor()
    expect(await overflow(page), `${looks.width}`).toBeLessThanOrEqual(0)
    expect(await barriers(page), `${looks.width}, ${looks.theme}`).toEqual([])
    await page.goto(`${system.server.http}/`)
    await page.getByRole('img', { name: `${ID}, the newest reading` }).waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(await barriers(page)).toEqual([])
    expect(other.faults).toEqual([])
    await other.close()
  }
})

test('who may only look sees it, and can change nothing', async () => {
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'eve', role: 'viewer' })
  const eve = await Visit.begin(browser)
  await eve.page.goto(`${system.server.http}/#token=${token}`)
  await eve.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await eve.page.goto(`${system.server.http}/sensors/${ID}`)
  await eve.page.getByRole('img', { name: /^phase/ }).waitFor()
  for (const name of ['Start collecting', 'Train', 'Save'])
    expect(await eve.page.getByRole('button', { name, exact: true }).count(), name).toBe(0)
  expect(eve.faults).toEqual([])
  await eve.close()
})

interface Body {
  source: { states: string[]; vector: { parts: { name: string; length: number }[] } }
}

const sensor = () => system.api.get<Body>(`/api/sensors/${ID}`)

async function labels(): Promise<Record<string, number>> {
  return (await system.api.get<{ counts: Record<string, number> }>(`/api/labels?camera=${ID}`)).counts
}

/** What the button says that has the focus. */
function focused(): Promise<string | null> {
  return visit.page.evaluate('document.activeElement?.textContent ?? null')
}
