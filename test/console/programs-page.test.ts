import { afterEach, beforeEach, expect, test } from 'vitest'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { tabTo } from './keyboard.ts'
import { FRAME, ProgramsStandIn } from './programs-stand-in.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** The page Programs by itself: its editor, its files, what it keeps, and what a server may say that is not at its best. */

const PYTHON = {
  name: 'python',
  title: 'Python',
  version: '3.11.2',
  endings: ['.py'],
  modes: ['run', 'submit', 'compile'],
  example: { basename: 'main.py', contents: 'import sys\n\nprint("hello", *sys.argv[1:])\n' },
  switches: [],
}
const ADA = {
  name: 'ada',
  title: 'Ada',
  version: '12.2.0',
  endings: ['.adb', '.ads'],
  modes: ['run', 'submit', 'compile', 'prove'],
  example: { basename: 'main.adb', contents: 'procedure Main is\nbegin\n   null;\nend Main;\n' },
  switches: ['Builder', 'Compiler'],
}
const LANGUAGES = {
  available: true,
  reason: null,
  items: [PYTHON, ADA],
  limits: { ms: 10_000, memoryBytes: 268_435_456, processes: 100 },
}
const DONE = { completed: true, message: 'SUCCESS' }

let visit: Visit
let standIn: ProgramsStandIn
let cookies: Awaited<ReturnType<Visit['context']['cookies']>> | null = null

setStage()
beforeEach(async () => {
  if (hasBrowser) await visitAs(DESKTOP)
})
afterEach(() => visit?.close())

async function visitAs(looks = DESKTOP, languages: object = LANGUAGES) {
  await visit?.close()
  visit = await Visit.begin(browser, looks)
  standIn = new ProgramsStandIn(visit.page)
  await standIn.languages(languages)
  if (cookies) await visit.context.addCookies(cookies)
  else {
    await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
    await visit.page.getByRole('navigation', { name: 'Pages' }).waitFor()
    cookies = await visit.context.cookies()
  }
  await visit.page.goto(`${system.server.http}/programs`)
  await visit.page.getByRole('heading', { level: 1, name: 'Programs' }).or(visit.page.locator('.empty')).waitFor()
}

const button = (name: string | RegExp) => visit.page.getByRole('button', { name, exact: typeof name === 'string' })
const editor = (file: string) => visit.page.getByRole('textbox', { name: `Contents of ${file}` })
const output = () => visit.page.getByRole('region', { name: 'Output' }).first()
const tabs = () => visit.page.getByRole('tab').allInnerTexts()

async function judge() {
  expect(await overflow(visit.page), 'pixels wider than the window').toBeLessThanOrEqual(0)
  expect(await barriers(visit.page)).toEqual([])
  // What the policy of the page forbids is printed as an error.
  expect(visit.faults).toEqual([])
}

/** The last program that was sent, file by file. */
async function sent(): Promise<Record<string, string>> {
  await until(() => standIn.asked.length > 0)
  const { files = [] } = (standIn.asked.at(-1)?.body ?? {}) as { files?: { basename: string; contents: string }[] }
  return Object.fromEntries(files.map(({ basename, contents }) => [basename, contents]))
}

test('what is typed fast is what runs, under a policy that allows no inline style', async () => {
  await standIn.socket(() => [{ output: [{ type: 'stdout', data: 'hello' }] }, DONE])
  const { page } = visit
  await editor('main.py').click()
  await page.keyboard.press('Control+Home')
  await page.keyboard.type('def f(x):\nreturn [x, "y"]\n')
  await page.keyboard.press('Control+Enter')
  await output().getByText('Done (exit status 0)').waitFor()
  // Brackets close by themselves and are typed over; a line within a block is indented.
  expect((await sent())['main.py']?.startsWith('def f(x):\n    return [x, "y"]\n')).toBe(true)
  const sheets = await page.evaluate(
    "[document.querySelectorAll('style').length, document.querySelector('.editor').shadowRoot.adoptedStyleSheets.length > 0]",
  )
  expect(sheets).toEqual([0, true])
  const colours =
    "new Set([...document.querySelector('.editor').shadowRoot.querySelectorAll('.cm-line span')].map((one) => getComputedStyle(one).color)).size"
  await until(async () => Number(await page.evaluate(colours)) > 2)
  await page.keyboard.press('Control+f')
  await page.getByRole('textbox', { name: 'Find' }).fill('return')
  await judge()
})

test('files are added, renamed and removed, each with what can be undone, and all is there after a reload', async () => {
  await standIn.socket(() => [DONE])
  const { page } = visit
  await button('Add a file').click()
  const name = page.getByRole('dialog').getByLabel('Name')
  await name.fill('cli.txt')
  await button('Add').click()
  await page.getByText(/a field of its own/).waitFor()
  await name.fill('other.py')
  await judge()
  await button('Add').click()
  await editor('other.py').click()
  await page.keyboard.type('value = 1')
  await page.getByRole('tab', { name: 'main.py' }).click()
  await page.keyboard.press('ArrowRight')
  await editor('other.py').click()
  await page.keyboard.press('Control+z')
  await page.keyboard.type('x = 2')
  await button('Rename other.py').click()
  await page.getByRole('dialog').getByLabel('Name').fill('third.py')
  await button('Rename').last().click()
  await page.getByText('Arguments, switches, name').click()
  await page.getByLabel('Arguments', { exact: true }).fill('a "b c"')
  await page.getByLabel('Main file').selectOption('third.py')
  await page.getByText('Cases', { exact: true }).click()
  await button('Add a case').click()
  await page.getByLabel('What case 0 prints').fill('one\ntwo')
  await page.reload()
  await button('Submit').click()
  expect(await sent()).toEqual({
    'main.py': PYTHON.example.contents,
    'third.py': 'x = 2',
    'cli.txt': 'a "b c"',
    'lab_io.txt': 'in 0:\nout 0:one\nout 0:two\n',
  })
  expect(standIn.asked.at(-1)?.body).toMatchObject({ main: 'third.py', mode: 'submit', lab: true })
  await judge()
  await page.getByRole('tab', { name: 'third.py' }).click()
  await button('Remove third.py').click()
  expect(await tabs()).toEqual(['main.py', 'third.py'])
  await button('Really remove third.py').click()
  await until(async () => (await tabs()).length === 1)
  await button('Start again').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Start again' }).click()
  await button('Start again').waitFor({ state: 'detached' })
  await button('Run').waitFor()
})

test('each language has a draft of its own, and its modes and switches', async () => {
  await standIn.socket(() => [DONE])
  const { page } = visit
  await editor('main.py').click()
  await page.keyboard.press('Control+a')
  await page.keyboard.type('print(2)\n')
  await page.getByLabel('Language').selectOption('ada')
  await editor('main.adb').waitFor()
  await page.getByLabel('Mode').selectOption('prove')
  await page.getByText('Arguments, switches, name').click()
  await page.getByLabel('Compiler switches').fill('-g  -O2')
  await button('Prove').click()
  expect(await sent()).toEqual({ 'main.adb': ADA.example.contents })
  expect(standIn.asked[0]?.body).toMatchObject({ mode: 'prove', switches: { Compiler: ['-g', '-O2'] } })
  await page.getByLabel('Language').selectOption('python')
  await button('Run').click()
  await until(async () => (await sent())['main.py'] === 'print(2)\n')
  await judge()
})

test('a line that breaks in a run goes on by plain calls; a run is stopped by its name', async () => {
  await standIn.socket(() => [{ output: [{ type: 'stdout', data: 'first' }] }, null])
  await standIn.answer('/check_output/', (_, count) => ({
    ...FRAME,
    output: count === 0 ? [{ msg: { type: 'stderr', data: 'second' } }] : [],
  }))
  await button('Run').click()
  await output().getByText('second').waitFor()
  const reads = standIn.asked.filter(({ path }) => path === '/check_output/').map(({ body }) => body)
  expect(reads[0]).toEqual({ identifier: 'run-1', read: 1 })
  await standIn.answer('/api/programs/runs/run-1', () => ({}))
  await button('Stop').click()
  await until(() => standIn.asked.some(({ path }) => path === '/api/programs/runs/run-1'))
  await output().getByText('Stopping …').waitFor()
  await standIn.answer('/check_output/', () => ({ ...FRAME, status: 1, completed: true, message: 'FAILURE' }))
  await output().getByText('Stopped').waitFor()
  await button('Run').waitFor()
  await judge()
})

test('why a program is refused is told, and why programs are off, with how to mend it', async () => {
  const why = 'utils.py is longer than 50000 characters'
  const refusal = { identifier: '', message: why, completed: true, status: 1 }
  await standIn.socket(() => [{ ...refusal, output: [{ type: 'internal_error', data: why }] }])
  await button('Run').click()
  await output().getByRole('alert').getByText(why).waitFor()
  await output().getByText('Not run', { exact: true }).waitFor()
  expect(await output().getByText(why).count(), 'it is said once').toBe(1)
  await judge()
  await visitAs(DESKTOP, {
    ...LANGUAGES,
    available: false,
    reason: 'no bubblewrap\napt-get install bubblewrap',
    items: [],
  })
  await visit.page.getByText('apt-get install bubblewrap').waitFor()
  expect(await button('Run').count()).toBe(0)
  await judge()
  await visitAs(DESKTOP, { ...LANGUAGES, items: [] })
  await visit.page.getByRole('heading', { name: 'No language is installed' }).waitFor()
})

test('without the script of the editor a program is written in a plain field', async () => {
  const { page } = visit
  await page.route('**/assets/editor-*.js', (route) => route.abort('connectionreset'))
  await standIn.socket(() => [DONE])
  await page.reload()
  await editor('main.py').fill('print(3)')
  await page.keyboard.press('Control+Enter')
  await output().getByText('It printed nothing.').waitFor()
  expect((await sent())['main.py']).toBe('print(3)')
  expect(await page.locator('textarea.editor').isVisible()).toBe(true)
})

test('without a mouse one comes through the editor, and output that is much is scrolled', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => ({ type: 'stdout', data: `line ${i}` }))
  await standIn.socket(() => [{ output: many }, DONE])
  const { page } = visit
  await page.locator('.cm-content').waitFor()
  await editor('main.py').focus()
  await page.keyboard.press('Tab') // indents
  await page.keyboard.press('Escape')
  await page.keyboard.press('Tab')
  expect(await editor('main.py').evaluate((one) => one.matches(':focus'))).toBe(false)
  await page.keyboard.press('Control+Enter')
  await output().getByText('The last 2,000 of 5,000 lines.').waitFor()
  expect((await sent())['main.py']?.startsWith('    import')).toBe(true)
  expect(await output().getByText('line 4999').isVisible()).toBe(true)
  await page.evaluate("document.querySelector('main').focus()")
  await tabTo(page, 'button', 'Run')
  await judge()
})

test.each([
  ['a phone', PHONE],
  ['a phone in the dark', { ...PHONE, theme: 'dark' as const }],
  ['the dark', { ...DESKTOP, theme: 'dark' as const }],
])('it fits and is read on %s, all that may come unfolded', async (_name, looks) => {
  await visitAs(looks)
  const cases = {
    0: { in: ['a'], out: 'x', actual: 'x', status: 'Success' },
    1: { in: ['b', 'c d'], out: 'y\nz'.repeat(90), actual: '', status: 'Failed' },
  }
  const types = ['console', 'stdout', 'stderr', 'internal_error']
  await standIn.socket(() => [
    { output: types.map((type) => ({ type, data: `${type} `.repeat(40) })), ref: '0' },
    { output: [{ type: 'lab', data: { success: false, cases } }] },
    { completed: true, status: 1, message: 'FAILURE' },
  ])
  const { page } = visit
  await page.getByText('Cases', { exact: true }).click()
  await button('Add a case').click()
  await page.getByText('Arguments, switches, name').click()
  await button('Submit').click()
  await output().getByText('1 of 2 cases passed').waitFor()
  await judge()
  const last = page.getByRole('navigation', { name: 'Pages' }).getByRole('link').last()
  const { x = 0, width = 0 } = (await last.boundingBox()) ?? {}
  expect(x + width, 'all pages can be gone to').toBeLessThanOrEqual(looks.width)
})
