import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'
import { CAMERA, OPENINGS_A_YEAR, tellYear, type Year } from './year.ts'

/** A year of a camera, looked at as one looks at an hour, and taken home as files. */

let year: Year
let visit: Visit

setStage({
  settings: async () => ({ AJAR_RETAIN_DAYS: '1000', AJAR_RETAIN_RESULTS_DAYS: '1000' }),
  prepare: async () => {
    year = await tellYear(system)
  },
})
beforeAll(async () => {
  if (!hasBrowser) return
  visit = await signedIn(ADMIN_TOKEN)
  await visit.page.goto(`${system.server.http}/camera/${CAMERA}`)
})
afterEach(() => expect(visit.faults).toEqual([]))
afterAll(() => visit?.close())

async function signedIn(token: string, looks = DESKTOP): Promise<Visit> {
  const one = await Visit.begin(browser, looks)
  await one.page.goto(`${system.server.http}/#token=${token}`)
  await one.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  return one
}

const history = ({ page }: Visit = visit) => page.getByRole('region', { name: 'History' })
const ribbon = () => history().getByRole('slider')
const look = (length: string, one = visit) => history(one).getByRole('button', { name: length, exact: true }).click()
async function lookAtAll(): Promise<void> {
  await look('All')
  await history()
    .getByText(`${year.results.toLocaleString('en-GB')} results`)
    .waitFor()
}
async function openDownloads(one = visit): Promise<void> {
  const link = history(one).getByRole('link', { name: 'Results as CSV' })
  if (!(await link.isVisible())) await history(one).getByText('Download this span').click()
  await link.waitFor()
}
const bands = (name: string) => history().getByRole('img', { name, exact: true })
/** What is said of a state over the span. */
const timeIn = (state: string) => history().getByRole('listitem').filter({ hasText: state })

test('over a year it is said how long and how often the door was open, and how much of each stretch', async () => {
  await look('Year')
  await timeIn('open').getByText(`3 % · ${OPENINGS_A_YEAR} times`).waitFor()
  await timeIn('closed').getByText(`97 % · ${OPENINGS_A_YEAR} times`).waitFor()
  // Every day has an opening: of the states at the ends of half days none would show.
  await bands('Share of each state').waitFor()
  const open = bands('Share of each state').locator('rect[data-state="1"]')
  expect(await open.count()).toBeGreaterThan(OPENINGS_A_YEAR / 2)
  await visit.page.getByText(`the newest 20 of ${2 * OPENINGS_A_YEAR}`).waitFor()
  await ribbon().focus()
  await visit.page.keyboard.press('ArrowLeft')
  expect(await ribbon().getAttribute('aria-valuetext')).toMatch(/closed \d+ %/)
})

test('one doubtful frame in a year is told of, and a press shows it', async () => {
  const { page } = visit
  await history()
    .getByRole('button', { name: /^7 % at / })
    .click()
  await page.locator(`.sight img[src*="/${year.doubtful}/"]`).first().waitFor()
  await page.getByRole('region', { name: 'Picture' }).getByText('7 %', { exact: true }).waitFor()
  await page.keyboard.press('Escape')
})

test('where the mouse stands on the line it is said what the results say there, and a click shows the least certain', async () => {
  const { page } = visit
  const line = history().getByRole('img', { name: 'Confidence over time' })
  await line.hover()
  const plot = await page.locator('.confidence-line .u-over').boundingBox()
  if (!plot) throw new Error('nothing was plotted')
  const [from, to] = await Promise.all(['aria-valuemin', 'aria-valuemax'].map((name) => ribbon().getAttribute(name)))
  const at = Number(year.doubtful.split('/')[2])
  const x = plot.x + (plot.width * (at - Number(from))) / (Number(to) - Number(from))
  await page.mouse.move(x, plot.y + 20)
  await history()
    .getByText(/results, 7 % to 95 %, \d+ % on average/)
    .waitFor()
  await page.mouse.down()
  await page.mouse.up()
  await page.locator(`.sight img[src*="/${year.doubtful}/"]`).first().waitFor()
  await page.keyboard.press('Escape')
})

test('of a day each opening is drawn, and its length is said', async () => {
  await look('Day')
  await timeIn('open').getByText('3 % · once').waitFor()
  await bands('States over time').waitFor()
  expect(await bands('States over time').locator('rect[data-state="1"]').count()).toBe(1)
})

test('the span stands in the address: loaded again, and for whoever is sent the link', async () => {
  const { page } = visit
  const edges = () => Promise.all(['aria-valuemin', 'aria-valuemax'].map((name) => ribbon().getAttribute(name)))
  await look('Week')
  await page.waitForURL(/\?span=week$/)
  await page.reload()
  await history().getByRole('button', { name: 'Week', exact: true, pressed: true }).waitFor()
  await history().getByRole('button', { name: 'Earlier' }).click()
  await page.waitForURL(/\?from=\d+&to=\d+$/)
  const before = await edges()
  await page.reload()
  await ribbon().waitFor()
  expect(await edges()).toEqual(before)
  await history().getByRole('button', { name: 'Later' }).click()
  await history()
    .getByText(/ – now$/)
    .waitFor()
  expect(await history().getByRole('button', { name: 'Later' }).isDisabled()).toBe(true)
})

test('where the mouse stands on the ribbon it is said when that was, and the state', async () => {
  await look('Day')
  await bands('States over time').waitFor()
  await ribbon().hover()
  await history()
    .getByText(/\d\d:\d\d:\d\d, (closed|open|unknown)$/)
    .waitFor()
})

test('all there is begins with the first result, which nobody has waited for', async () => {
  await lookAtAll()
  await until(async () => Number(await ribbon().getAttribute('aria-valuemin')) < Date.now() - 379 * 86_400_000)
})

test('results of the span are had as CSV and as NDJSON', async () => {
  const { page } = visit
  await lookAtAll()
  await openDownloads()
  const rows = await download('Results as CSV')
  expect(rows.name).toMatch(/^yard-pi-gate-results.*\.csv$/)
  expect(rows.text.trim().split('\n').length).toBe(year.results + 1)
  await history()
    .getByText(`${year.newest.length + 1} frames in this span`)
    .waitFor()
  const { text } = await download('Results as NDJSON')
  const lines = text.trim().split('\n')
  expect(lines.length).toBe(year.results)
  const doubtful = lines.map((line) => JSON.parse(line)).find(({ frame }) => frame === year.doubtful)
  expect(doubtful).toMatchObject({ confidence: year.confidence, probabilities: { closed: year.confidence } })
  expect((await download('Transitions as NDJSON')).text.trim().split('\n').length).toBe(2 * 380)
  expect(await page.getByRole('link', { name: /^Readings/ }).count()).toBe(0)
})

test('frames of the span are had as a zip', async () => {
  const { page } = visit
  await lookAtAll()
  await openDownloads()
  await page.getByRole('combobox', { name: 'State' }).selectOption('closed')
  await page.getByRole('combobox', { name: 'Frames' }).selectOption('One an hour')
  const { name, bytes } = await download('Frames as a zip')
  expect(name).toMatch(/^yard-pi-gate-frames.*\.zip$/)
  // Names stand in a zip as they are.
  const names = new Set(bytes.toString('latin1').match(/\d{8}_\d{6}_\d{3}\.jpg|results\.ndjson/g))
  expect(names).toContain('results.ndjson')
  // The doubtful one and one of the newest, which may lie in two hours.
  expect([2, 3]).toContain([...names].filter((one) => one.endsWith('.jpg')).length)
})

test('who may only look has no pictures to take away', async () => {
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'eve', role: 'viewer' })
  const eve = await signedIn(token)
  await eve.page.goto(`${system.server.http}/camera/${CAMERA}`)
  await openDownloads(eve)
  expect(await history(eve).getByRole('link', { name: 'Frames as a zip' }).count()).toBe(0)
  expect(eve.faults).toEqual([])
  await eve.close()
})

test.each([PHONE, { ...DESKTOP, theme: 'dark' as const }, { ...PHONE, theme: 'dark' as const }])(
  'a year fits and everybody can read it: $width px, $theme',
  async (looks) => {
    const other = await Visit.begin(browser, looks)
    await other.context.addCookies(await visit.context.cookies())
    await other.page.goto(`${system.server.http}/camera/${CAMERA}`)
    await look('Year', other)
    await openDownloads(other)
    await history(other).getByText(`3 % · ${OPENINGS_A_YEAR} times`).waitFor()
    await history(other)
      .getByText(/frames in this span/)
      .waitFor()
    expect(await overflow(other.page)).toBeLessThanOrEqual(0)
    const [top, last] = await Promise.all(
      ['Hour', 'All'].map((name) => history(other).getByRole('button', { name, exact: true }).boundingBox()),
    )
    expect(top?.y).toBe(last?.y) // in one row
    expect(await barriers(other.page)).toEqual([])
    expect(other.faults).toEqual([])
    await other.close()
  },
)

async function download(name: string) {
  const downloading = visit.page.waitForEvent('download')
  await history().getByRole('link', { name, exact: true }).click()
  const file = await downloading
  const path = join(system.folder, file.suggestedFilename())
  await file.saveAs(path)
  const bytes = await readFile(path)
  return { name: file.suggestedFilename(), bytes, text: bytes.toString() }
}
