import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { needs, needsProgram } from '../setup/needs.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, type Looks, PHONE, Visit } from './visit.ts'

/** Programs in the console, for real: written in the editor, run by the server in its boxes, read as they print. */

interface Languages {
  available: boolean
  reason: string | null
  items: { name: string }[]
}

/** Long enough to be stopped, and over before anybody's time is. */
const SLOW = `import time

print("begun", flush=True)
for second in range(8):
    time.sleep(1)
    print(second, flush=True)
`
const ADDS = `import sys

print("sum:")
print(sum(int(each) for each in sys.argv[1:]))
`
const SAYS_ALL = `import sys
import doors

print(doors.STATE, sys.argv[1:], flush=True)
print("a warning", file=sys.stderr, flush=True)
sys.exit(7)
`

/** An argument by which a run is found among all processes. */
const MARK = `of-console-test-${process.pid}`

let visit: Visit
let languages: Languages = { available: false, reason: 'not asked', items: [] }

setStage({ settings: async () => ({ AJAR_PROGRAM_SECONDS: '9' }) })
beforeAll(async () => {
  if (!hasBrowser) return
  languages = await system.api.get<Languages>('/api/programs/languages')
  visit = await as(ADMIN_TOKEN)
  await visit.page.goto(`${system.server.http}/programs`)
})
beforeEach((context) => {
  needsProgram('bwrap', 'bubblewrap', context)
  needsProgram('python3', 'python3', context)
  needs(languages.available, `programs are off: ${languages.reason}`, context)
})
afterAll(() => visit?.close())

async function as(token: string, looks: Looks = DESKTOP): Promise<Visit> {
  const one = await Visit.begin(browser, looks)
  await one.page.goto(`${system.server.http}/#token=${token}`)
  await one.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  return one
}

const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: typeof name === 'string' })
const isThere = () => spawnSync('pgrep', ['-f', MARK]).status === 0
const output = () => visit.page.getByRole('region', { name: 'Output' }).first()
/** The lines of one who says them. */
const said = (kind: string) => output().locator(`.${kind} pre`).allInnerTexts()

async function write(text: string) {
  const { page } = visit
  await page.locator('.cm-content').click()
  await page.keyboard.press('Control+a')
  // As pasted: typed, the editor would indent it.
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`)
  await page.keyboard.press('Control+v')
}

async function judge({ page, faults } = visit) {
  expect(await overflow(page), 'pixels wider than the window').toBeLessThanOrEqual(0)
  expect(await barriers(page)).toEqual([])
  expect(faults).toEqual([])
}

test('the example of each language that is installed runs', async () => {
  const { page } = visit
  await page.getByRole('heading', { level: 1, name: 'Programs' }).waitFor()
  expect(languages.items.length).toBeGreaterThan(0)
  for (const { name } of languages.items) {
    await page.getByLabel('Language').selectOption(name)
    await button('Run').click()
    await output().getByText('Done (exit status 0)').waitFor()
    expect((await said('stdout')).join('\n'), name).toMatch(/hello/i)
    expect((await said('console')).length, name).toBeGreaterThan(0)
  }
  await judge()
})

test('a program of two files says on its two streams what it was told, and ends with its status', async () => {
  const { page } = visit
  await page.getByLabel('Language').selectOption('python')
  await write(SAYS_ALL)
  await button('Add a file').click()
  await page.getByRole('dialog').getByLabel('Name').fill('doors.py')
  await button('Add').click()
  await page.getByRole('tab', { name: 'doors.py', selected: true }).waitFor()
  await write('STATE = "ajar"\n')
  await page.getByText('Arguments, switches, name').click()
  await page.getByLabel('Arguments', { exact: true }).fill('one "two three"')
  await page.keyboard.press('Control+Enter')
  await output().getByText('Ended with exit status 7').waitFor()
  expect(await said('stdout')).toEqual(["ajar ['one', 'two three']"])
  expect(await said('stderr')).toEqual(['a warning'])
  await judge()
})

test('the project is downloaded as a zip with both files', async () => {
  const downloading = visit.page.waitForEvent('download')
  await button('Download').click()
  const download = await downloading
  expect(download.suggestedFilename()).toBe('Program.zip')
  const file = join(system.folder, 'program.zip')
  await download.saveAs(file)
  const bytes = (await readFile(file)).toString('latin1')
  expect(bytes.startsWith('PK')).toBe(true)
  expect(['main.py', 'doors.py', 'STATE = "ajar"'].filter((text) => !bytes.includes(text))).toEqual([])
})

test('output comes while a program runs, and Stop ends all of it', async () => {
  const { page } = visit
  await page.getByRole('tab', { name: 'main.py' }).click()
  await write(SLOW)
  await page.getByLabel('Arguments', { exact: true }).fill(MARK)
  await button('Run').click()
  await output().getByText('begun').waitFor()
  expect(isThere()).toBe(true)
  await button('Stop').click()
  await output().getByText('Stopped', { exact: true }).waitFor()
  await button('Run').waitFor()
  expect((await said('stdout')).join('\n')).not.toContain('7')
  await until(() => !isThere())
  await judge()
})

test('the cases of a lab are told apart, one that failed with what was expected', async () => {
  const { page } = visit
  await write(ADDS)
  await page.getByText('Cases', { exact: true }).click()
  for (const [number, [given, prints]] of [
    ['1 2', 'sum:\n3'],
    ['4 5', 'sum:\n10'],
  ].entries()) {
    await button('Add a case').click()
    await page.getByLabel(`Arguments of case ${number}`).fill(given ?? '')
    await page.getByLabel(`What case ${number} prints`).fill(prints ?? '')
  }
  await button('Submit').click()
  await output().getByText('1 of 2 cases passed').waitFor()
  const failed = page.getByRole('region', { name: 'Cases' }).getByRole('listitem').filter({ hasText: 'failed' })
  expect(await failed.locator('pre').allInnerTexts()).toEqual(['sum:\n10', 'sum:\n9'])
  expect(await output().getByText(', case 1').count()).toBeGreaterThan(0)
  await judge()
})

test('a program that never ends is ended when its time is over', async () => {
  const { page } = visit
  await page.getByLabel('Mode').selectOption('run')
  await write('print("for ever", flush=True)\nwhile True:\n    pass\n')
  await button('Run').click()
  await output().getByText('Its time was over (exit status 124)').waitFor()
  expect(await said('stderr')).toEqual(['<interrupted> : Maximum 9s process limit reached.'])
})

test('what the server does not take is told as it says it', async () => {
  await write('x'.repeat(50_001))
  await button('Run').click()
  await output()
    .getByRole('alert')
    .getByText(/50,?000/)
    .waitFor()
  await judge()
})

test('who may only look is told what is needed; an analyst writes and runs on a phone', async () => {
  const token = async (name: string, role: string) =>
    (await system.api.send<{ token: string }>('POST', '/api/tokens', { name, role })).token
  const eve = await as(await token('eve', 'viewer'))
  await eve.page.goto(`${system.server.http}/programs`)
  await eve.page.getByRole('heading', { name: 'Programs need the role analyst' }).waitFor()
  // Nor is the server asked for what it would refuse.
  await judge(eve)
  await eve.close()
  await visit.close()
  visit = await as(await token('ana', 'analyst'), { ...PHONE, theme: 'dark' })
  await visit.page.getByRole('link', { name: 'Programs' }).click()
  await button('Run').click()
  await output().getByText('Done (exit status 0)').waitFor()
  expect(await output().isVisible()).toBe(true)
  await judge()
})
