import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { press } from './keyboard.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, type Looks, PHONE, Visit } from './visit.ts'

/** Tasks in the console: real ones of both folders, run on real frames, by hand and by themselves. */

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const CAMERA = 'yard-pi/street'
const GATE = 'yard-pi/gate'
const FRAMES = 3
const MINUTE_MS = 60_000

/** What it prints before the status is its log; what it says went wrong has lines. */
const FAILS = `#!/bin/sh
# Fails whatever it is told. It says why in two lines.
echo "looking at nothing"
echo "no lens in sight" >&2
echo "___TASK STATUS___"
echo '{"error":"first line\\\\nsecond line"}'
exit 3
`
const COUNTS = `/** Counts the bytes of a picture, so many times. It is here to be edited. */
export const schema = {
  type: 'object',
  properties: {
    _imageURL: { type: 'string', format: 'picture', description: 'Whose bytes are counted.' },
    times: { type: 'integer', minimum: 1, maximum: 9, default: 2, description: 'How often.' },
    region: { type: 'object', description: 'It is told back.' },
  },
  required: ['_imageURL'],
  additionalProperties: false,
}

export default async function task({ _imageURL, times, region }: { _imageURL: string; times: number; region?: object }) {
  const { size } = await (await import('node:fs/promises')).stat(_imageURL)
  return { bytes: size * times, region: region ?? null }
}
`
const BROKEN = 'export default function task( {'

let visit: Visit
let folder: string

setStage({
  isChain: true,
  settings: async () => {
    folder = await mkdtemp(join(tmpdir(), 'ajar-console-tasks-'))
    await writeFile(join(folder, 'fails.sh'), FAILS, { mode: 0o755 })
    await writeFile(join(folder, 'count_bytes.ts'), BROKEN)
    return { AJAR_TASKS_DIR: folder }
  },
})
beforeAll(async () => {
  if (!hasBrowser) return
  const from = join(DATA, 'webcams', 'cam-640x372/day')
  const names = (await readdir(from)).sort().slice(0, FRAMES)
  const begunAt = Date.now() - 60 * MINUTE_MS
  for (const [index, name] of names.entries())
    for (const camera of [CAMERA, GATE])
      await system.api.sendJpeg(
        `/api/cameras/${camera}/frames?capturedAt=${begunAt + index * MINUTE_MS}`,
        new Uint8Array(await readFile(join(from, name))),
      )
  visit = await as(ADMIN_TOKEN)
})
afterAll(async () => {
  await visit?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

async function as(token: string, looks: Looks = DESKTOP): Promise<Visit> {
  const one = await Visit.begin(browser, looks)
  await one.page.goto(`${system.server.http}/#token=${token}`)
  await one.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  return one
}

const tasks = () => visit.page.getByRole('list', { name: 'Tasks' })
const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: typeof name === 'string' })
const run = () => visit.page.locator('section.run')
const runs = () => visit.page.getByRole('list', { name: 'Runs', exact: true }).getByRole('listitem')
const automatic = (name: RegExp) =>
  visit.page.getByRole('list', { name: 'Automatic runs' }).getByRole('listitem', { name })
/** As when one comes back from the editor. */
const lookAgain = () => visit.page.evaluate("dispatchEvent(new Event('focus'))")

async function judge({ page, faults } = visit) {
  expect(await overflow(page), 'pixels wider than the window').toBeLessThanOrEqual(0)
  expect(await barriers(page)).toEqual([])
  expect(faults).toEqual([])
}

test('tasks of both folders are listed, one that is broken with the reason', async () => {
  const { page } = visit
  await page.getByRole('link', { name: 'Tasks' }).click()
  await tasks().getByRole('link', { name: 'Hot pixel' }).waitFor()
  const broken = tasks().getByRole('listitem').filter({ hasText: 'count_bytes' })
  await broken.getByText('broken', { exact: true }).waitFor()
  expect(await broken.locator('.reason').textContent()).toMatch(/\S/)
  const fails = tasks().getByRole('listitem').filter({ hasText: 'fails.sh' })
  await fails.getByText('It says why in two lines.').waitFor()
  await fails.getByText('yours').waitFor()
  await page.getByText('How to add a task').click()
  await page.getByText('npm run new-task NAME').waitFor()
  await judge()
  await broken.getByRole('link').click()
  await page.getByRole('heading', { name: 'It is broken, and cannot be run' }).waitFor()
  expect(await button('Run').count()).toBe(0)
  await judge()
})

test('a file that is mended counts when the page is looked at again', async () => {
  await writeFile(join(folder, 'count_bytes.ts'), COUNTS)
  await until(async () => {
    await lookAgain()
    return button('Run').isVisible()
  })
  await visit.page.getByRole('heading', { name: 'Count bytes', level: 1 }).waitFor()
})

test('a task is run on the newest frame of a camera, and its values are shown and kept', async () => {
  const { page } = visit
  await page.getByLabel('Camera', { exact: true }).selectOption(CAMERA)
  await button('Newest frame of').click()
  await page.getByRole('list', { name: 'Chosen: Picture' }).getByText(CAMERA).waitFor()
  await page.getByLabel('times').fill('3')
  await page.getByLabel('region').fill('{x: 1}')
  await page.keyboard.press('Tab')
  await page.getByText('This is no JSON').waitFor()
  await page.getByLabel('region').fill('{"x": 1}')
  await button('Run').click()
  await run().getByText('done', { exact: true }).waitFor()
  await run().getByText('As JSON').click()
  const said = JSON.parse((await run().locator('.line-to-copy').textContent()) ?? '')
  const { items } = await system.api.get<{ items: { size: number }[] }>(`/api/frames?camera=${CAMERA}&limit=1`)
  expect(said).toEqual({ bytes: (items[0]?.size ?? 0) * 3, region: { x: 1 } })
  await judge()
  const downloading = page.waitForEvent('download')
  await run()
    .getByRole('link', { name: / as JSON$/ })
    .click()
  const file = join(system.folder, 'said.json')
  await (await downloading).saveAs(file)
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(said)
})

test('another frame is chosen in the archive, and a table is ordered by a click', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/tasks/hot_pixel`)
  await press(page, 'button', 'Choose …')
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Camera', { exact: true }).selectOption(GATE)
  const frames = dialog.getByRole('group', { name: 'Frames' }).getByRole('button')
  await until(async () => (await frames.count()) === FRAMES)
  await judge()
  await frames.last().click()
  await button('Take 1 frame').click()
  await page.getByLabel('threshold').fill('200')
  await button('Run').click()
  await run().getByText('done', { exact: true }).waitFor()
  const table = run().locator('.data-table')
  await table.getByRole('button', { name: 'x', exact: true }).click()
  const columns = await table.getByRole('columnheader').allInnerTexts()
  const x = columns.findIndex((name) => name.startsWith('x'))
  const shown = async () =>
    (await table.locator(`tbody td:nth-child(${x + 1})`).allInnerTexts()).map((text) => Number(text))
  const rising = await shown()
  expect(rising).toEqual(rising.toSorted((a, b) => a - b))
  await table.getByRole('button', { name: 'x', exact: true }).click()
  expect(await shown()).toEqual(rising.toReversed())
  expect(await table.locator('th[aria-sort="descending"]').count()).toBe(1)
  await judge()
})

test('why a task failed is read in full, with what it printed; it is run again as it was told', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/tasks/fails`)
  await button('Run').click()
  await run().getByText('failed', { exact: true }).waitFor()
  const reason = await run().getByRole('alert').textContent()
  expect(reason).toMatch(/first line\nsecond line/)
  expect(reason).toContain('no lens in sight')
  await run().getByText('What it did').click()
  await run().getByText('looking at nothing').waitFor()
  await judge()
  await run().getByRole('button', { name: 'Run again' }).click()
  await until(async () => (await runs().count()) === 2)
  await run().getByText('failed', { exact: true }).waitFor()
})

test('a run is found again after a reload, opened from the list of all, and removed', async () => {
  const { page } = visit
  await page.reload()
  await run().getByText('failed', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Tasks' }).first().click()
  await until(async () => (await runs().count()) === 4)
  await runs().filter({ hasText: 'Count bytes' }).getByRole('link').click()
  await run().getByText('done', { exact: true }).waitFor()
  await button('Fill the form with it').click()
  expect(await page.getByLabel('times').inputValue()).toBe('3')
  await runs()
    .getByRole('button', { name: /^Remove/ })
    .click()
  await page.getByText('Nothing was run yet.').waitFor()
  expect(await run().count()).toBe(0)
})

test('the health of a camera is measured each night, and that is paused', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/tasks`)
  await page.getByLabel('Camera whose health is measured').selectOption(GATE)
  await button(/^Add for/).click()
  const health = automatic(/^Camera health of yard-pi\/gate, every night at 03:00/)
  await health.getByText(/next/).waitFor()
  await health.getByRole('button', { name: /^Pause/ }).click()
  await health.getByText('paused', { exact: true }).waitFor()
  const { items } = await system.api.get<{ items: { kind: string; paused: boolean }[] }>('/api/schedules')
  expect(items).toMatchObject([{ kind: 'task', camera: GATE, paused: true, params: { task: 'camera_health' } }])
  await judge()
})

test('a task is run when a camera changes its state, with readings by name, until that is deleted', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/tasks/count_bytes`)
  await button('Add').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('When', { exact: true }).selectOption('when its state changes')
  await dialog.getByLabel('unknown').check()
  await dialog.getByLabel('times').fill('7')
  await dialog.getByLabel('Readings').selectOption('parts of the result, by name')
  await dialog.getByLabel('Sensor 1', { exact: true }).fill('street-bytes')
  await dialog.getByLabel(/^Where sensor 1/).fill('bytes')
  await judge()
  await dialog.getByLabel(/^Where sensor 1/).fill('/bytes')
  await dialog.getByLabel('Camera', { exact: true }).selectOption(CAMERA)
  await dialog.getByLabel('unknown').check()
  await dialog.getByRole('button', { name: 'Add', exact: true }).click()
  const trigger = automatic(/^Count bytes of yard-pi\/street, when it goes to unknown/)
  await trigger.getByText('writes street-bytes').waitFor()
  const { items } = await system.api.get<{ items: object[] }>('/api/task-triggers')
  expect(items).toMatchObject([
    { camera: CAMERA, states: ['unknown'], params: { times: 7 }, readings: { 'street-bytes': '/bytes' } },
  ])
  await trigger.getByRole('button', { name: /^Delete/ }).click()
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await trigger.waitFor({ state: 'detached' })
})

test('on a phone and in the dark; who may only look is told what is needed', async () => {
  const phone = await as(ADMIN_TOKEN, { ...PHONE, theme: 'dark' })
  for (const path of ['/tasks', '/tasks/count_bytes', '/tasks/fails']) {
    await phone.page.goto(system.server.http + path)
    await phone.page.getByRole('heading', { level: 1 }).waitFor()
    await phone.page
      .getByText(/^Loading/)
      .first()
      .waitFor({ state: 'detached' })
    await judge(phone)
  }
  await phone.close()
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'eve', role: 'viewer' })
  const eve = await as(token)
  await eve.page.goto(`${system.server.http}/tasks`)
  await eve.page.getByRole('heading', { name: 'Tasks need the role analyst' }).waitFor()
  // Nor is the server asked for what it would refuse.
  await judge(eve)
  await eve.close()
})

test('a run that was removed in another tab goes when the page is looked at again', async () => {
  const { page } = visit
  await page.goto(`${system.server.http}/tasks/fails`)
  await runs().first().getByRole('link').click()
  await run().getByText('failed', { exact: true }).waitFor()
  const { items } = await system.api.get<{ items: { job: string }[] }>('/api/task-runs?task=fails')
  const before = items.length
  await system.api.send('DELETE', `/api/task-runs/${items[0]?.job}`)
  await lookAgain()
  await until(async () => (await runs().count()) === before - 1)
  await run().getByRole('alert').waitFor()
  expect(await run().getByText('failed', { exact: true }).count()).toBe(0)
  visit.faults.length = 0 // it was asked for
})

test('what a task did can be looked at when it is gone, and what changes daily is a press away', async () => {
  const { page } = visit
  await rm(join(folder, 'fails.sh'))
  await page.goto(`${system.server.http}/tasks`)
  await page.getByRole('navigation', { name: 'On this page' }).getByRole('link', { name: 'Runs' }).click()
  const heading = page.getByRole('heading', { name: 'Runs', exact: true })
  await until(async () => {
    const { y = 0 } = (await heading.boundingBox()) ?? {}
    return y > 0 && y < (page.viewportSize()?.height ?? 0)
  })
  await runs().filter({ hasText: 'fails' }).first().getByRole('link').click()
  await page.getByRole('heading', { name: 'There is no task fails' }).waitFor()
  await run().getByText('no lens in sight').first().waitFor()
  expect(await button('Run again').count()).toBe(0)
  await judge()
})
