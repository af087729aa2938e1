import { afterEach, beforeEach, expect, test } from 'vitest'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { FRAME, ProgramsStandIn } from './programs-stand-in.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** The page Programs as one comes back to it, and as one goes through it with the keyboard or a thumb. */

const C = {
  name: 'c',
  title: 'C',
  version: '12',
  endings: ['.c', '.h'],
  modes: ['run', 'compile'],
  example: { basename: 'main.c', contents: 'int main(void) {\n  return 0;\n}\n' },
  switches: ['Compiler'],
}
const PYTHON = {
  name: 'python',
  title: 'Python',
  version: '3.11.2',
  endings: ['.py'],
  modes: ['run', 'compile'],
  example: { basename: 'main.py', contents: 'print("hello")\n' },
  switches: [],
}
const LIMITS = { ms: 10_000, memoryBytes: 268_435_456, processes: 100 }
const said = (data: string) => ({ msg: { type: 'stdout', data } })

let visit: Visit
let standIn: ProgramsStandIn
let cookies: Awaited<ReturnType<Visit['context']['cookies']>> | null = null

setStage()
beforeEach(async () => {
  if (hasBrowser) await visitAs(DESKTOP)
})
afterEach(() => visit?.close())

async function visitAs(looks = DESKTOP) {
  await visit?.close()
  visit = await Visit.begin(browser, looks)
  const { page, context } = visit
  standIn = new ProgramsStandIn(page)
  await context.route('**/api/programs/languages', (route) =>
    route.fulfill({ json: { available: true, reason: null, items: [PYTHON, C], limits: LIMITS } }),
  )
  if (cookies) await context.addCookies(cookies)
  else {
    await page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    cookies = await context.cookies()
  }
  await page.goto(`${system.server.http}/programs`)
  await page.locator('.cm-content').waitFor()
}

const button = (name: string) => visit.page.getByRole('button', { name, exact: true })
const editor = (file: string, page = visit.page) => page.getByRole('textbox', { name: `Contents of ${file}` })
const output = () => visit.page.getByRole('region', { name: 'Output' }).first()
const lastSent = () => standIn.asked.filter(({ path }) => path === 'ws').at(-1)?.body
const hasFocus = (file: string) => editor(file).evaluate((one) => one.matches(':focus'))

async function judge() {
  expect(await overflow(visit.page), 'pixels wider than the window').toBeLessThanOrEqual(0)
  expect(await barriers(visit.page)).toEqual([])
  expect(visit.faults).toEqual([])
}

async function add(name: string) {
  await button('Add a file').click()
  await visit.page.getByRole('dialog').getByLabel('Name').fill(name)
  await visit.page.keyboard.press('Enter')
  await visit.page.getByRole('tab', { name, selected: true }).waitFor()
}

test('a run is found again after a reload and after another page, from its first line, and is stopped', async () => {
  const { page } = visit
  let isOver = false
  await standIn.socket(() => [{ output: [{ type: 'stdout', data: 'one' }] }])
  await standIn.answer('/check_output/', (body) => {
    const lines = ['one', 'two'].slice((body as { read: number }).read)
    const end = isOver ? { status: 1, completed: true, message: 'FAILURE' } : {}
    return { ...FRAME, ...end, output: lines.map(said) }
  })
  await standIn.answer('/api/programs/runs/run-1', () => ({}))
  await button('Run').click()
  await output().getByText('one').waitFor()
  await page.reload()
  await output().locator('.stdout pre').filter({ hasText: 'one\ntwo' }).waitFor()
  await page.getByRole('link', { name: 'Tasks' }).click()
  await page.getByRole('heading', { name: 'Tasks' }).first().waitFor()
  await page.getByRole('link', { name: 'Programs' }).click()
  await output().locator('.stdout pre').filter({ hasText: 'one\ntwo' }).waitFor()
  await button('Stop').click()
  await output().getByText('Stopping …').waitFor()
  isOver = true
  await output().getByText('Stopped', { exact: true }).waitFor()
  // Also of one that has ended it is known how.
  await page.reload()
  await output().getByText('Stopped', { exact: true }).waitFor()
  expect(standIn.asked.filter(({ path }) => path === 'ws').length, 'it ran once').toBe(1)
  await judge()
  // Another tab has not begun it.
  const other = await visit.context.newPage()
  await other.goto(`${system.server.http}/programs`)
  await other.getByText('What the program prints comes here').waitFor()
})

test('each of two tabs keeps its own program, and is told of the other', async () => {
  const write = async (text: string, page = visit.page) => {
    await editor('main.py', page).click()
    await page.keyboard.press('Control+a')
    await page.keyboard.type(text)
  }
  await write('first')
  const other = await visit.context.newPage()
  await other.goto(`${system.server.http}/programs`)
  await other.locator('.cm-content').waitFor()
  await write('second', other)
  await visit.page.getByText('Programs are written in another tab too').waitFor()
  await visit.page.reload()
  await editor('main.py').waitFor()
  await until(async () => (await editor('main.py').textContent()) === 'first')
  await judge()
})

test('a new file is written in at once; one without a name is asked for; one that is removed leaves the focus to the next', async () => {
  const { page } = visit
  await button('Add a file').click()
  const name = page.getByRole('dialog').getByLabel('Name')
  await name.fill('')
  await page.keyboard.press('Enter')
  await page.getByText(/^A name has at most 100/).waitFor()
  await name.fill('util.py')
  await page.keyboard.press('Enter')
  await until(() => hasFocus('util.py'))
  await page.keyboard.type('x = 1')
  await until(async () => (await editor('util.py').textContent()) === 'x = 1')
  await add('empty.py')
  await button('Remove empty.py').focus()
  await page.keyboard.press('Enter')
  await until(() => page.getByRole('tab', { name: 'util.py' }).evaluate((one) => one.matches(':focus')))
  await judge()
})

test('after Escape Tab leaves the editor however long one waits, until something is typed', async () => {
  const { page } = visit
  // Of time only what the editor reads of it goes on.
  await page.clock.install()
  await page.reload()
  await page.locator('.cm-content').waitFor()
  await editor('main.py').focus()
  await page.keyboard.press('Escape')
  await page.clock.fastForward('01:00:00')
  await page.keyboard.press('Tab')
  expect(await hasFocus('main.py')).toBe(false)
  await page.keyboard.press('Shift+Tab')
  expect(await hasFocus('main.py')).toBe(true)
  await page.keyboard.press('Escape')
  await page.keyboard.type('x')
  await page.keyboard.press('Tab')
  expect(await hasFocus('main.py'), 'it indents').toBe(true)
})

test('of files in several languages the chosen one counts, and one that is in none is told of', async () => {
  const { page } = visit
  await standIn.socket(() => [{ completed: true, message: 'SUCCESS' }])
  await add('helper.c')
  await button('Run').click()
  await output().getByText('It printed nothing.').waitFor()
  expect(lastSent()).toMatchObject({ main: 'main.py' })
  await page.getByLabel('Main file').selectOption('helper.c')
  await button('Run').click()
  await until(() => (lastSent() as { main: string }).main === 'helper.c')
  await button('Remove helper.c').click()
  await button('Rename main.py').click()
  await page.getByRole('dialog').getByLabel('Name').fill('app.c')
  await page.keyboard.press('Enter')
  await page.getByText('No file is in Python, whose files end in .py: it runs as C.').waitFor()
  await page.getByText('no network and no input').waitFor()
  await judge()
})

test('on a phone what a run says comes into view, with Stop beside it', async () => {
  await visitAs(PHONE)
  const { page } = visit
  await standIn.socket(() => [{ output: [{ type: 'stdout', data: 'one' }] }])
  await button('Run').click()
  const line = output().getByText('one', { exact: true })
  await line.waitFor()
  const nav = (await page.getByRole('navigation', { name: 'Pages' }).boundingBox())?.y ?? 0
  for (const one of [line, button('Stop')]) {
    const { y = 0, height = 0 } = (await one.boundingBox()) ?? {}
    expect(y, 'under the head').toBeGreaterThanOrEqual(52)
    expect(y + height, 'above the navigation').toBeLessThanOrEqual(nav)
  }
  await judge()
})
