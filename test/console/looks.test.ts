import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { teachDoor } from '../journeys/lesson.ts'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { CAMERA, DEVICE, startDoorCamera } from './door-camera.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, type Looks, PHONE, Visit } from './visit.ts'

/** Every page, wide and narrow, light and dark: it fits, everybody can use it, and nothing in it fails. */

interface Page {
  name: string
  path: string
  heading: string | RegExp
  /** Where viewers are told something else. */
  forViewers?: string
  /** Stands there when everything is unfolded. */
  unfolded?: string
}

const SESSION = 'The empty hall'
const NEEDS_ANALYST = 'The laboratory needs the role analyst'
/** What an operation of that session made. */
let made = ''
const LOOKS = [DESKTOP, PHONE]
  .flatMap((size) => [size, { ...size, theme: 'dark' as const }])
  .map((looks) => [`${looks.width} px, ${looks.theme}`, looks] as const)
const PAGES: Page[] = [
  { name: 'wall', path: '/', heading: 'Cameras and sensors', unfolded: 'In trouble first' },
  { name: 'camera', path: `/camera/${CAMERA}`, heading: /^front-door/, unfolded: 'Click the corners' },
  {
    name: 'teach',
    path: `/teach/${CAMERA}`,
    heading: `Teach ${CAMERA}`,
    forViewers: 'Teaching needs the role operator',
    unfolded: 'Look again',
  },
  { name: 'models', path: `/models/${CAMERA}`, heading: /^Models of front-door/ },
  { name: 'model', path: `/models/${CAMERA}/1`, heading: /^Model 1/, unfolded: 'What it did' },
  { name: 'sensor', path: '/sensors/porch-esp/csi', heading: /^csi/, unfolded: 'no readings, unknown too' },
  { name: 'sensor without states', path: '/sensors/porch-esp/rssi', heading: /^rssi/ },
  { name: 'doors', path: '/doors', heading: 'Doors' },
  { name: 'alerts', path: '/alerts', heading: 'Alerts' },
  { name: 'devices', path: '/devices', heading: 'Devices' },
  { name: 'laboratory', path: '/laboratory', heading: 'Laboratory', forViewers: NEEDS_ANALYST, unfolded: SESSION },
  {
    name: 'data session',
    path: '/laboratory/1',
    heading: SESSION,
    forViewers: NEEDS_ANALYST,
    unfolded: 'Look into it',
  },
  {
    name: 'picture of a data session',
    get path() {
      return `/laboratory/1/datalab/${made}`
    },
    get heading() {
      return made
    },
    forViewers: NEEDS_ANALYST,
    unfolded: 'White from',
  },
  {
    name: 'tasks',
    path: '/tasks',
    heading: 'Tasks',
    forViewers: 'Tasks need the role analyst',
    unfolded: 'npm run new-task NAME',
  },
  {
    name: 'task',
    path: '/tasks/camera_health',
    heading: 'Camera health',
    forViewers: 'Tasks need the role analyst',
  },
  {
    name: 'programs',
    path: '/programs',
    // Also where they are off.
    heading: /^Programs/,
    forViewers: 'Programs need the role analyst',
  },
  {
    name: 'logs',
    path: '/logs',
    heading: 'Logs',
    forViewers: 'The log needs the role operator',
    unfolded: 'General level',
  },
  { name: 'processes', path: '/processes', heading: 'Processes', unfolded: 'Its last lines' },
  {
    name: 'releases',
    path: '/releases',
    heading: 'Releases',
    forViewers: 'Releases need the role operator',
    unfolded: 'Each is a folder of its own',
  },
  { name: 'missing', path: '/nowhere', heading: 'There is no such page' },
]
/** Windows to which one is made narrower, as tablets and phones are held. */
const NARROWER = [
  [1024, 768],
  [820, 1180],
  [768, 1024],
  [844, 390],
  [641, 900],
  [390, 844],
  [360, 640],
] as const
/** So many cameras that one chooses among them. */
const MORE = ['back-door', 'cellar', 'a-camera-with-a-name-as-long-as-']
const STARTS = 5

const signIns = new Map<string, Awaited<ReturnType<Visit['context']['cookies']>>>()

setStage()

test.each(LOOKS)('before there is anything to see: %s', async (_name, looks) => {
  const visit = await Visit.begin(browser, looks)
  await visit.page.goto(`${system.server.http}/`)
  await visit.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await judge(visit)
  await signIn(visit)
  for (const path of ['/', '/devices']) {
    await open(visit, path, 'No device yet')
    await judge(visit)
  }
  await visit.close()
})

describe('with a camera that is taught', () => {
  beforeAll(async () => {
    if (!hasBrowser) return
    await startDoorCamera(system)
    await teachDoor(system, CAMERA)
    for (const name of MORE) await system.api.sendJpeg(`/api/cameras/${DEVICE}/${name}/frames`, await door('open'))
    await until(async () => (await state()) !== 'unknown')
    await porchSensors()
    made = await emptyHall()
  })

  describe.each(LOOKS)('%s', (_name, looks) => {
    let visit: Visit
    beforeAll(async () => {
      if (!hasBrowser) return
      visit = await signedIn(looks)
    })
    afterAll(() => visit?.close())

    test.each(PAGES)('$name', async ({ path, heading, unfolded }) => {
      await open(visit, path, heading)
      await until(async () => {
        await unfold(visit) // some folds come with what they hold
        return !unfolded || visit.page.getByText(unfolded).first().isVisible()
      })
      await judge(visit)
    })
  })

  test.each(PAGES)('$name, where the window gets narrower, as when a tablet or a phone is turned', async (one) => {
    const visit = await signedIn(DESKTOP)
    const { page } = visit
    await open(visit, one.path, one.heading)
    if (one.name === 'camera') await page.locator('.confidence-line canvas').waitFor()
    for (const [width, height] of NARROWER) {
      await page.setViewportSize({ width, height })
      const plot = 'Math.max(0, ...[...document.querySelectorAll("canvas")].map((one) => one.clientWidth))'
      // A plot is drawn anew a moment later.
      await until(async () => (await overflow(page)) <= 0 && Number(await page.evaluate(plot)) < width)
    }
    expect(visit.faults).toEqual([])
    await visit.close()
  })

  test.each(LOOKS.filter(([, { theme, width }]) => (theme === 'light') === (width === DESKTOP.width)))(
    'what opens over the pages: %s',
    async (_name, looks) => {
      const visit = await signedIn(looks)
      const { page } = visit
      await open(visit, '/devices', 'Devices')
      await page.getByRole('button', { name: 'Add a device' }).click()
      await page.getByRole('dialog', { name: 'Add a device' }).waitFor()
      await judge(visit)
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Remove' }).first().click()
      await page.getByRole('dialog', { name: /^Remove/ }).waitFor()
      await judge(visit)
      await open(visit, '/alerts', 'Alerts')
      await page.getByRole('button', { name: /^Add a rule/ }).click()
      await page.getByRole('dialog', { name: 'Add a rule' }).waitFor()
      await judge(visit)
      await open(visit, `/teach/${CAMERA}`, `Teach ${CAMERA}`)
      await page.getByRole('button', { name: 'States' }).click()
      await page.getByRole('dialog', { name: `States of ${CAMERA}` }).waitFor()
      await judge(visit)
      await visit.close()
    },
  )

  test('who may only look', async () => {
    const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'eve', role: 'viewer' })
    const visit = await signedIn(DESKTOP, token)
    for (const { path, heading, forViewers = heading } of PAGES) {
      await open(visit, path, forViewers)
      await judge(visit)
      for (const name of [
        'Teach',
        'Add a device',
        'Remove',
        'Save',
        'Train',
        'Activate',
        'Add',
        'Add a rule',
        'Acknowledge',
        'Deploy',
        'Make one now',
        'New data session',
        'Run',
      ])
        expect(await visit.page.getByRole('button', { name, exact: true }).count(), `${name} at ${path}`).toBe(0)
    }
    await visit.close()
  })

  test('what the console costs: its scripts, and the time to the first state', async () => {
    const visit = await signedIn(DESKTOP)
    const sizes = new Map<string, number>()
    visit.page.on('response', async (response) => {
      if (response.request().resourceType() !== 'script') return
      // Of a page that was left meanwhile there is none; it comes again.
      const body = await response.body().catch(() => null)
      if (body) sizes.set(response.url(), gzipSync(body).length)
    })
    const isOfPrograms = (url: string) => /\/assets\/(editor|programs)/.test(url)
    const isOfSensors = (url: string) => /\/assets\/(sensor|doors)-page/.test(url)
    const kB = (isCounted = (_url: string) => true) =>
      [...sizes].reduce((sum, [url, size]) => sum + (isCounted(url) ? size : 0), 0) / 1000
    const waits: number[] = []
    for (let i = 0; i < STARTS; i++) {
      const started = performance.now()
      await visit.page.goto(`${system.server.http}/`)
      await visit.page
        .getByRole('listitem')
        .getByText(/^(closed|open)$/)
        .first()
        .waitFor()
      waits.push(performance.now() - started)
    }
    const wall = kB()
    for (const { path, heading } of PAGES) await open(visit, path, heading)
    await open(visit, '/programs', /^Programs/)
    await visit.page.locator('.cm-content, .why-off').first().waitFor()
    const programs = kB(isOfPrograms)
    const sensors = kB(isOfSensors)
    const others = kB() - programs - sensors
    const [fastest = 0, , median = 0] = waits.sort((a, b) => a - b)
    console.log(
      `scripts: ${wall.toFixed(0)} kB for the wall, ${others.toFixed(0)} kB for all other pages (gzip, aim 150), ` +
        `${programs.toFixed(0)} kB for Programs and its editor, ${sensors.toFixed(0)} kB for sensors and doors; ` +
        `first state after ${median.toFixed(0)} ms, at best ${fastest.toFixed(0)} (aim 1000)`,
    )
    expect(wall).toBeGreaterThan(5)
    expect(others).toBeLessThan(150)
    expect(programs).toBeLessThan(170)
    expect(sensors).toBeLessThan(25)
    await visit.close()
  })
})

/** A data session with the median of a few frames. @returns its basename */
async function emptyHall(): Promise<string> {
  const { items } = await system.api.get<{ items: { id: string }[] }>(`/api/frames?camera=${CAMERA}&limit=3`)
  const input_files = items.map(({ id }) => ({ type: 'image', source: 'archive', basename: id.replaceAll('/', '_') }))
  const body = { name: SESSION, input_data: input_files }
  const { id } = await system.api.send<{ id: number }>('POST', '/api/datasessions/', body)
  const operations = `/api/datasessions/${id}/operations/`
  const operation = { name: 'Median', input_data: { input_files } }
  const begun = await system.api.send<{ id: number }>('POST', operations, operation)
  return until(async () => {
    const { status, output, message } = await system.api.get<{
      status: string
      message: string
      output: { output_files: { basename: string }[] } | null
    }>(`${operations}${begun.id}/`)
    if (status === 'FAILED') throw new Error(message)
    return output?.output_files[0]?.basename
  })
}

/** A sensor with states, and one without. */
async function porchSensors() {
  const esp = await system.connect('porch-esp', await system.addDevice('porch-esp'))
  await system.api.send('PATCH', '/api/sensors/porch-esp/csi', { states: ['closed', 'open'] })
  for (const [sensor, value] of [
    ['csi', [3, 1, 4, 1, 5]],
    ['rssi', -61],
  ])
    await esp.publishAsync(`ajar/porch-esp/${sensor}/reading`, JSON.stringify({ value }), { qos: 1 })
}

async function state(): Promise<string> {
  return (await system.api.get<{ state: string }>(`/api/cameras/${CAMERA}/state`)).state
}

async function signedIn(looks: Looks, token?: string): Promise<Visit> {
  const visit = await Visit.begin(browser, looks)
  await signIn(visit, token)
  return visit
}

/** Signs in once with each token: more would be against the limit of sign-ins a minute. */
async function signIn({ page, context }: Visit, token = ADMIN_TOKEN): Promise<void> {
  const cookies = signIns.get(token)
  if (cookies) return context.addCookies(cookies)
  await page.goto('about:blank') // else an address with another fragment is no new page
  await page.goto(`${system.server.http}/#token=${token}`)
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  signIns.set(token, await context.cookies())
}

async function open({ page }: Visit, path: string, heading: string | RegExp): Promise<void> {
  await page.goto(system.server.http + path)
  await page.getByRole('heading', { name: heading }).first().waitFor()
  await page
    .getByText(/^Loading/)
    .first()
    .waitFor({ state: 'detached' })
}

/** Opens all folds but the menu, which hides what is under it. */
async function unfold({ page }: Visit): Promise<void> {
  await page.locator('main details:not([open]) > summary').evaluateAll((folds) => {
    for (const fold of folds as unknown as { click(): void }[]) fold.click()
  })
}

async function judge({ page, faults }: Visit): Promise<void> {
  expect(await overflow(page), 'pixels wider than the window').toBeLessThanOrEqual(0)
  expect(await barriers(page)).toEqual([])
  expect(faults).toEqual([])
}
