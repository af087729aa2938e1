import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Download } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { press, tabTo } from './keyboard.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, type Looks, PHONE, Visit } from './visit.ts'

/** An analyst gathers real frames, computes with them, and looks into what comes of it. */

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const CAMERA = 'yard-pi/street'
const FRAMES = 6
const MINUTE_MS = 60_000
const SESSION = 'The empty yard'
/** `SIMPLE  =`: how a FITS file begins (FITS 4.0, 4.4.1.1). */
const FITS = 'SIMPLE  ='

/** A task that says what it was told, and what it says of itself in two lines. */
const TELL = `#!/bin/sh
# Says what it was told.
# And nothing else.
while getopts n:i:d:o: flag; do case $flag in i) in=$OPTARG ;; o) out=$OPTARG ;; esac; done
cp "$in" "$out/told.json"
echo ___TASK STATUS___
echo "{\\"outfile\\":\\"$out/told.json\\"}"
`
const TOLD = {
  params: {
    type: 'object',
    properties: {
      isDark: { type: 'boolean', description: 'Whether it is.' },
      bins: { type: 'integer', default: 4 },
      region: { type: 'object', properties: { x1: { type: 'integer' } }, additionalProperties: false },
      _imageURL: { type: 'string', format: 'picture' },
    },
    required: ['isDark', 'region'],
  },
}

let visit: Visit
let begunAt: number
let tasks: string

setStage({
  isChain: true,
  settings: async () => {
    tasks = await mkdtemp(join(tmpdir(), 'ajar-console-laboratory-'))
    await writeFile(join(tasks, 'tell.sh'), TELL, { mode: 0o755 })
    await writeFile(join(tasks, 'tell.task.json'), JSON.stringify(TOLD))
    return { AJAR_TASKS_DIR: tasks }
  },
})
beforeAll(async () => {
  if (!hasBrowser) return
  begunAt = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 60 * MINUTE_MS
  const pictures = await someOf('cam-640x372/day', FRAMES)
  for (const [index, jpeg] of pictures.entries()) {
    const at = begunAt + index * MINUTE_MS
    await system.api.sendJpeg(`/api/cameras/${CAMERA}/frames?capturedAt=${at}`, jpeg)
  }
  visit = await as('anna', 'analyst')
})
afterAll(async () => {
  await visit?.close()
  if (tasks) await rm(tasks, { recursive: true, force: true })
})

async function someOf(folder: string, count: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const names = (await readdir(join(DATA, 'webcams', folder))).sort().slice(0, count)
  return Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(DATA, 'webcams', folder, name)))))
}

async function as(name: string, role: string, looks: Looks = DESKTOP): Promise<Visit> {
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name, role })
  const one = await Visit.begin(browser, looks)
  await one.page.goto(`${system.server.http}/#token=${token}`)
  await one.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  return one
}

async function contentOf(download: Download): Promise<string> {
  const file = join(system.folder, download.suggestedFilename())
  await download.saveAs(file)
  return readFile(file, 'latin1')
}

const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: typeof name === 'string' })
const region = (name: string | RegExp) => visit.page.getByRole('region', { name })
const dialog = () => visit.page.getByRole('dialog')
/** The operation that was begun last. */
const newest = () => visit.page.getByRole('list', { name: 'Operations' }).getByRole('listitem').first()
const chooseOperation = (name: string) => visit.page.getByLabel('Operation', { exact: true }).selectOption(name)

async function judge({ page, faults } = visit) {
  expect(await overflow(page), 'pixels wider than the window').toBeLessThanOrEqual(0)
  expect(await barriers(page)).toEqual([])
  expect(faults).toEqual([])
}

test('an analyst sees what a viewer sees, and the laboratory, and makes a data session', async () => {
  const { page } = visit
  const pages = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts()
  expect(pages.map((name) => name.trim())).toEqual(['Wall', 'Alerts', 'Devices', 'Laboratory', 'Tasks', 'Programs'])
  await page.getByRole('link', { name: 'Laboratory' }).click()
  await page.getByRole('heading', { name: 'No data session yet' }).waitFor()
  await judge()
  await press(page, 'button', 'New data session')
  await dialog().getByLabel('Name').fill(SESSION)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: SESSION, level: 1 }).waitFor()
})

test('frames are added by browsing, and how many is told before', async () => {
  await button('Add pictures').click()
  await dialog().getByText(`${FRAMES} frames.`).waitFor()
  await dialog()
    .getByLabel('To', { exact: true })
    .fill(localTime(begunAt + 3 * MINUTE_MS))
  await button(/^Add [34] frames$/).waitFor()
  await judge()
  await dialog().getByLabel('To', { exact: true }).fill('')
  await dialog().getByLabel('Take').selectOption('one in 10 min')
  await button(/^Add [12] frames?$/).waitFor()
  await dialog().getByLabel('Take').selectOption('all frames')
  await button(`Add ${FRAMES} frames`).click()
  await dialog().waitFor({ state: 'detached' })
  const tiles = region(/^Pictures/).getByRole('link')
  await until(async () => (await tiles.count()) === FRAMES)
  await tiles.first().locator('img').waitFor()
})

test('what is wrong with a form is said at its field, as the server says it', async () => {
  await chooseOperation('Median')
  await button('Choose pictures').click()
  await visit.page
    .getByRole('group', { name: /^Choose: / })
    .getByRole('button')
    .first()
    .click()
  await button('Run Median').click()
  await visit.page.getByRole('alert').filter({ hasText: /2/ }).waitFor()
  expect(visit.faults.splice(0).length, 'the refusal').toBeGreaterThan(0)
  await judge()
})

test('the median of all frames is computed, and how far it is can be seen', async () => {
  await button('All of the session').click()
  await button('Run Median').click()
  await newest().getByRole('heading', { name: 'Median' }).waitFor()
  await newest().getByText('done', { exact: true }).waitFor()
  await newest().getByText(`${FRAMES} pictures`).waitFor()
  await newest().locator('.thumb img').waitFor()
  await judge()
})

test('its result is kept as a file by a signed address', async () => {
  const downloading = visit.page.waitForEvent('download')
  await newest()
    .getByRole('link', { name: / as FITS$/ })
    .click()
  const download = await downloading
  expect(download.suggestedFilename()).toMatch(/\.fits$/)
  expect((await contentOf(download)).slice(0, FITS.length)).toBe(FITS)
})

test('the result is looked into: wheel and keys zoom, and a line that is dragged is measured', async () => {
  const { page } = visit
  await newest().getByRole('link', { name: 'Look into it' }).click()
  const viewer = page.getByRole('group', { name: /zoom, arrows move/ })
  const picture = viewer.getByRole('img')
  await until(() => picture.evaluate((one) => (one as unknown as { naturalWidth: number }).naturalWidth > 0))
  await region('Stretch').waitFor()
  await judge()
  await viewer.focus()
  await page.keyboard.press('+')
  await page.getByText('1.5 times').waitFor()
  await page.keyboard.press('0')
  const box = await viewer.boundingBox()
  if (!box) throw new Error('the viewer is not seen')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.wheel(0, -400)
  await page.getByText('1.8 times').waitFor()
  await button('All of it').click()
  await button('Draw a line').click()
  await page.mouse.move(box.x + box.width * 0.1, box.y + box.height * 0.2)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.7, { steps: 4 })
  await page.mouse.up()
  const profile = region('Profile along a line')
  await profile.getByRole('img', { name: /^Values along the line: \d+ values/ }).waitFor()
  const ends = await Promise.all(
    ['From x', 'From y', 'To x', 'To y'].map(async (name) => Number(await profile.getByLabel(name).inputValue())),
  )
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = ends
  // As many as the older interface promises (bilinear samples).
  await profile.getByText(`${Math.ceil(Math.hypot(x2 - x1, y2 - y1) + 1)} values`).waitFor()
  await judge()
})

test('a line is typed by who cannot drag, and kept as a table', async () => {
  const profile = region('Profile along a line')
  for (const [name, value] of Object.entries({ 'From x': 0, 'From y': 10, 'To x': 99, 'To y': 10 }))
    await profile.getByLabel(name).fill(String(value))
  await profile.getByRole('button', { name: 'Measure' }).click()
  await profile.getByText('100 values').waitFor()
  const downloading = visit.page.waitForEvent('download')
  await profile.getByRole('link', { name: 'Download as CSV' }).click()
  const rows = (await contentOf(await downloading)).trim().split('\r\n')
  expect(rows).toHaveLength(101)
})

test('black and white are set over the histogram', async () => {
  const { page } = visit
  const picture = page.getByRole('group', { name: /zoom, arrows move/ }).getByRole('img')
  const before = await picture.getAttribute('src')
  await tabTo(page, 'slider', 'Black up to')
  for (let i = 0; i < 3; i++) await page.keyboard.press('PageUp')
  await until(async () => {
    const now = await picture.getAttribute('src')
    return now !== before && now?.startsWith('data:image/jpeg')
  })
  await button('As it is').click()
  await until(async () => (await picture.getAttribute('src')) === before)
  await judge()
})

test('a TIFF is made when it is asked for', async () => {
  const downloading = visit.page.waitForEvent('download')
  await button(/ as TIFF$/).click()
  // `II*`: how a TIFF of little-endian numbers begins (TIFF 6.0, section 2).
  expect((await contentOf(await downloading)).slice(0, 3)).toBe('II*')
  await judge()
})

test('what came of one operation is the input of the next, whose values are drawn', async () => {
  const { page } = visit
  await page.getByRole('link', { name: SESSION }).click()
  await newest().getByRole('button', { name: 'Use as input' }).click()
  await chooseOperation('Histogram')
  await page
    .getByRole('list', { name: /^Chosen: / })
    .getByRole('listitem')
    .first()
    .waitFor()
  expect(
    await page
      .getByRole('list', { name: /^Chosen: / })
      .getByRole('listitem')
      .count(),
  ).toBe(1)
  await button('Run Histogram').click()
  await newest().getByRole('heading', { name: 'Histogram' }).waitFor()
  await newest().getByText('done', { exact: true }).waitFor()
  await newest().getByText('In values').click()
  await newest()
    .getByRole('img', { name: /values from/ })
    .first()
    .waitFor()
  await judge()
})

test('files of his own are sent and added, also one that is no picture is told', async () => {
  const { page } = visit
  const [other = new Uint8Array()] = await someOf('cam-800x458/day', 1)
  await button('Add pictures').click()
  await dialog().getByLabel('Your own files').check()
  await dialog()
    .getByLabel('Choose files, or drop them here')
    .setInputFiles([
      { name: 'other.jpg', mimeType: 'image/jpeg', buffer: Buffer.from(other) },
      { name: 'half.fits', mimeType: 'application/fits', buffer: Buffer.from(FITS) },
    ])
  await dialog().getByText('is on the server').waitFor()
  await dialog().getByRole('alert').waitFor()
  await button('Add 1 file').click()
  await dialog().waitFor({ state: 'detached' })
  await until(
    async () =>
      (await region(/^Pictures/)
        .getByRole('link')
        .count()) ===
      FRAMES + 1,
  )
  await region(/^Pictures/)
    .getByRole('link')
    .nth(FRAMES)
    .locator('img')
    .waitFor()
  expect(visit.faults.splice(0).length, 'the refusal').toBeGreaterThan(0)
  expect(await page.locator('.toast.failed').count()).toBe(0)
})

test('an operation that fails says why, and can be tried again and deleted', async () => {
  const { page } = visit
  await chooseOperation('Median')
  if (await button('None').isVisible()) await button('None').click()
  await button('All of the session').click()
  await button('Run Median').click()
  await newest().getByText('failed', { exact: true }).waitFor()
  await newest().locator('.reason').waitFor()
  await newest().getByRole('button', { name: 'Try again' }).click()
  await newest().getByText('failed', { exact: true }).waitFor()
  await judge()
  await newest()
    .getByRole('button', { name: /^Delete Median/ })
    .click()
  await dialog().getByRole('button', { name: 'Delete' }).click()
  await dialog().waitFor({ state: 'detached' })
  await newest().getByRole('heading', { name: 'Histogram' }).waitFor()
  await page.reload()
  await newest().getByRole('heading', { name: 'Histogram' }).waitFor()
})

test('a task is an operation: what it takes is asked for, JSON that is none is said at once, and its answer is shown', async () => {
  const { page } = visit
  expect(await page.locator('optgroup[label="Tasks"] option').allInnerTexts()).toContain('Tell')
  await chooseOperation('tell')
  // Where its source file breaks a line says nothing to people.
  const about = page.getByText('Says what it was told. And nothing else.')
  expect(await about.allInnerTexts()).toEqual([expect.stringContaining('told. And')])
  await page.getByText('One picture, or none.').waitFor()
  await page.getByLabel('Is Dark').selectOption('true')
  const region = page.getByLabel('Region')
  await region.fill('{x1: 3}')
  await button('Run Tell').click()
  await page.getByText(/^This is no JSON/).waitFor()
  await judge()
  await region.fill('{"x1": "3"}')
  await button('Run Tell').click()
  await page.getByText('x1 must be a whole number, and is "3".').waitFor()
  expect(visit.faults.splice(0).length, 'the refusal').toBeGreaterThan(0)
  await judge()
  await region.fill('{\n "x1": 3\n}')
  await button('Run Tell').click()
  await newest().getByRole('heading', { name: 'Tell' }).waitFor()
  await newest().getByText('done', { exact: true }).waitFor()
  await newest().getByText('In values').click()
  await newest().getByText('x1').first().waitFor()
  await judge()
})

test('a selection becomes a session of its own, which is renamed and deleted', async () => {
  const { page } = visit
  await button('choose those of a new session').click()
  const choice = page.getByRole('group', { name: 'Pictures of the new session' }).getByRole('button')
  await choice.nth(0).click()
  await choice.nth(2).click()
  await button('New session of 2 pictures').click()
  await dialog().getByRole('button', { name: 'Make it' }).click()
  await page.getByRole('heading', { name: `${SESSION}, a part`, level: 1 }).waitFor()
  await until(
    async () =>
      (await region(/^Pictures/)
        .getByRole('link')
        .count()) === 2,
  )
  await button('Rename').click()
  await dialog().getByLabel('Name').fill('Two of them')
  await dialog().getByRole('button', { name: 'Rename' }).click()
  await page.getByRole('heading', { name: 'Two of them', level: 1 }).waitFor()
  await page.getByRole('link', { name: 'Laboratory' }).first().click()
  await page.getByRole('row', { name: /Two of them/ }).waitFor()
  await judge()
  await button('Delete Two of them').click()
  await dialog().getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('row', { name: /Two of them/ }).waitFor({ state: 'detached' })
  await page.getByRole('searchbox').fill('yard')
  await page.keyboard.press('Enter')
  await page.getByRole('row', { name: new RegExp(SESSION) }).waitFor()
})

test('who may only look is told what is needed, and another analyst finds nothing of it', async () => {
  const address = visit.page.url()
  const eve = await as('eve', 'viewer')
  expect(await eve.page.getByRole('link', { name: 'Laboratory' }).count()).toBe(0)
  await eve.page.goto(`${system.server.http}/laboratory`)
  await eve.page.getByRole('heading', { name: 'The laboratory needs the role analyst' }).waitFor()
  await judge(eve)
  await eve.close()
  const otto = await as('otto', 'analyst', { ...PHONE, theme: 'dark' })
  await otto.page.goto(address)
  await otto.page.getByRole('heading', { name: 'No data session yet' }).waitFor()
  await judge(otto)
  await otto.page.goto(`${system.server.http}/laboratory/1`)
  await otto.page.getByRole('heading', { name: 'There is no such data session' }).waitFor()
  await otto.close()
})

/** As a field of the viewer's zone has it. */
function localTime(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 19)
}
