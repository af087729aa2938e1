import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { openSmallDisk, type SmallDisk } from '../journeys/small-disk.ts'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { needs } from '../setup/needs.ts'
import { hasBrowser } from './browser.ts'
import { CAMERA } from './door-camera.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** What the server finds wrong, and what it is at, is seen in the console. */

const DISK_BYTES = 96 * 1024 ** 2
/** Where the head of the page changes its shape, and windows between. */
const WIDTHS = [1280, 1201, 1200, 1024, 961, 960, 901, 900, 768, 761, 760, 700, 641, 640, 390, 360]

let disk: SmallDisk | null
let visit: Visit

setStage({
  settings: async () => {
    disk = await openSmallDisk(DISK_BYTES).catch(() => null)
    const folder: Record<string, string> = disk ? { AJAR_DATA_DIR: join(disk.folder, 'data') } : {}
    // Nobody listens there, and no worker comes.
    return { AJAR_INFLUX_URL: 'http://127.0.0.1:9/ajar', AJAR_WORKER: 'external', ...folder }
  },
  prepare: async () => {
    const now = Date.now()
    const frames = Array.from({ length: 4 }, (_, i) => now - i)
    for (const at of frames) {
      await system.api.sendJpeg(`/api/cameras/${CAMERA}/frames?capturedAt=${at}`, await door('open'))
      await system.ended(`${CAMERA}/${at}`)
    }
    await system.api.send('PATCH', `/api/cameras/${CAMERA}`, { states: ['closed', 'open'] })
    for (const [i, at] of frames.entries())
      await system.api.send('PUT', `/api/frames/${CAMERA}/${at}/label`, { state: i < 2 ? 'closed' : 'open' })
  },
})
beforeAll(async () => {
  if (hasBrowser) visit = await signedIn(ADMIN_TOKEN)
})
afterAll(async () => {
  await visit?.close()
  await disk?.close()
})

async function signedIn(token: string, looks = DESKTOP): Promise<Visit> {
  const one = await Visit.begin(browser, looks)
  await one.page.goto(`${system.server.http}/#token=${token}`)
  await one.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  return one
}
const tokenOf = async (role: string) =>
  (await system.api.send<{ token: string }>('POST', '/api/tokens', { name: role, role })).token
const processes = ({ page } = visit) => page.getByRole('link', { name: /^Processes/ })
const section = (name: string, { page } = visit) => page.getByRole('region', { name })

test('a warning is a sign at the page that says what it is', async () => {
  await processes().getByText(', 1 in trouble').waitFor({ state: 'attached' })
  expect(await section('In trouble').count()).toBe(0)
  await processes().click()
  await section('Health')
    .getByRole('listitem')
    .filter({ hasText: 'InfluxDB, warning:' })
    .getByText(/127\.0\.0\.1:9/)
    .waitFor()
  await section('Health')
    .getByText(/checks are well$/)
    .click()
  await section('Health').getByText('Event loop').waitFor()
  expect(visit.faults).toEqual([])
})

test('the head of the page has room for what is in trouble, in windows of any width', async () => {
  const params = { reasons: ['no_model'] }
  const rule = { name: 'Nobody knows', kind: 'unknown', subject: CAMERA, params, forMs: 0, clearMs: 0 }
  const { id } = await system.api.send<{ id: string }>('POST', '/api/alert-rules', { ...rule, severity: 'warning' })
  const who = { name: 'an operator with a long name', role: 'admin' }
  const other = await signedIn((await system.api.send<{ token: string }>('POST', '/api/tokens', who)).token)
  const { page } = other
  const fits = async () => {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 })
      expect(await overflow(page), `${width} px`).toBeLessThanOrEqual(0)
    }
  }
  await processes(other).getByText(', 1 in trouble').waitFor({ state: 'attached' })
  await page.getByText(', 1 not acknowledged').waitFor({ state: 'attached' })
  await fits()
  await system.api.send('DELETE', `/api/alert-rules/${id}`)
  await page.route('**/api/events*', (route) => route.abort())
  await page.reload()
  await page.getByText('Not live: reconnecting').waitFor()
  await fits()
  await other.close()
})

test('a job is seen, and ended by who may', async () => {
  const eve = await signedIn(await tokenOf('viewer'))
  expect(await processes(eve).count()).toBe(0)
  await eve.page.goto(`${system.server.http}/processes`)
  await system.api.send('POST', '/api/training', { camera: CAMERA })
  const job = (one = visit) => section('Jobs', one).getByRole('listitem').filter({ hasText: CAMERA })
  await job(eve).getByText('waits for its turn').waitFor()
  expect(await job(eve).getByRole('button').count()).toBe(0)
  await eve.close()
  await job()
    .getByRole('button', { name: `Cancel Training of ${CAMERA}` })
    .click()
  await job().getByText('cancelled').waitFor()
  expect(visit.faults).toEqual([])
})

test('what stops something is said on every page, to everybody, and read out once', async (context) => {
  needs(disk !== null, 'a file system of its own needs root', context)
  const eve = await signedIn(await tokenOf('viewer'))
  // Read-only, and for good: nothing comes after it.
  execFileSync('mount', ['-o', 'remount,abort', disk?.folder ?? ''], { stdio: 'pipe' })
  const at = Date.now()
  void system.api.sendJpeg(`/api/cameras/${CAMERA}/frames?capturedAt=${at}`, await door('open')).catch(() => {})
  for (const one of [eve, visit]) {
    await section('In trouble', one)
      .getByText(/mend it; nothing is acknowledged meanwhile/)
      .first()
      .waitFor()
    await one.page
      .getByRole('status')
      .getByText(/^In trouble: Frames/)
      .waitFor({ state: 'attached' })
  }
  expect(await section('In trouble', eve).getByRole('link').count()).toBe(0)
  for (const looks of [PHONE, { ...PHONE, theme: 'dark' as const }, { ...DESKTOP, theme: 'dark' as const }]) {
    const other = await Visit.begin(browser, looks)
    await other.context.addCookies(await visit.context.cookies())
    await other.page.goto(`${system.server.http}/processes`)
    await section('In trouble', other).waitFor()
    await section('Health', other).getByText('InfluxDB').waitFor()
    await section('Jobs', other).getByText('cancelled').waitFor()
    expect(await overflow(other.page)).toBeLessThanOrEqual(0)
    expect(await barriers(other.page)).toEqual([])
    await other.close()
  }
  await eve.close()
})
