import { expect, test } from 'vitest'
import { door } from '../journeys/pictures.ts'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { browser, setStage, system } from './stage.ts'
import { Visit } from './visit.ts'

/** The log in the console: read along, filter, go to a frame, and have more said. */

let visit: Visit

setStage({
  prepare: async () => {
    await system.addDevice('pi')
    visit = await Visit.begin(browser)
    await visit.page.goto(`${system.server.http}/#token=${ADMIN_TOKEN}`)
    await visit.page.getByRole('link', { name: 'Logs' }).click()
    await visit.page.getByRole('heading', { name: 'Logs' }).waitFor()
  },
})

const lines = () => visit.page.getByRole('log', { name: 'Lines of the log' })
/** Lines that say so. */
const said = (text: string) => lines().getByRole('listitem').filter({ hasText: text })
const call = (path: string) => system.api.get(path).catch(() => {})

test('an admin has one component say more, and sees it at once', async () => {
  const { page } = visit
  await page.getByText('What is logged').click()
  await page.getByRole('combobox', { name: 'http', exact: true }).selectOption('debug')
  await said('what is logged was changed').waitFor()
  await call('/api/first-of-all')
  await said('/api/first-of-all').waitFor()
})

test('filters: component, level, text', async () => {
  const { page } = visit
  await page.getByRole('searchbox', { name: 'Text, or the id' }).fill('first-of-all')
  await expect.poll(() => lines().getByRole('listitem').count()).toBe(1)
  await page.getByRole('combobox', { name: 'Level', exact: true }).selectOption('warn')
  await expect.poll(() => lines().getByRole('listitem').count()).toBe(0)
  await page.getByRole('searchbox', { name: 'Text, or the id' }).fill('')
  await said('what is logged was changed').first().waitFor()
  await page.getByRole('combobox', { name: 'Level', exact: true }).selectOption('')
  await page.getByRole('combobox', { name: 'Component', exact: true }).selectOption('http')
  await said('first-of-all').waitFor()
  expect(await said('what is logged was changed').count()).toBe(0)
})

test('while it is paused nothing moves; then all is there', async () => {
  const { page } = visit
  await page.getByRole('button', { name: 'Pause' }).click()
  await call('/api/while-paused')
  await page.getByText('paused').waitFor()
  expect(await said('while-paused').count()).toBe(0)
  await page.getByRole('button', { name: 'Go on' }).click()
  await said('while-paused').waitFor()
})

test('what is shown is copied', async () => {
  const { page, context } = visit
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy', exact: true }).click()
  await page.getByText('were copied').waitFor()
  const copied = await page.evaluate('navigator.clipboard.readText()')
  expect(copied).toMatch(/Z debug http: request answered .*path=\/api\/while-paused/)
})

test('however much is logged, the page holds 500 lines', async () => {
  for (let i = 0; i < 26; i++) await Promise.all(Array.from({ length: 20 }, (_, j) => call(`/api/many-${i}-${j}`)))
  await call('/api/the-last-of-many')
  await said('the-last-of-many').waitFor()
  expect(await lines().getByRole('listitem').count()).toBeLessThanOrEqual(500)
  await visit.page.getByText('the last 500 lines').waitFor()
})

test('from a line to its frame', async () => {
  const { page } = visit
  await system.api.send('PATCH', '/api/logging', { components: { http: null, ingest: 'debug' } })
  const { frame } = await system.api.sendJpeg<{ frame: string }>('/api/cameras/pi/door/frames', await door('open'))
  await page.getByRole('combobox', { name: 'Component', exact: true }).selectOption('')
  await lines().getByRole('link', { name: frame }).first().click()
  await page.getByRole('heading', { name: /^door/ }).waitFor()
  expect(new URL(page.url()).searchParams.get('frame')).toBe(frame)
  await page.locator(`img[src*="${frame}"]`).first().waitFor()
  expect(visit.faults).toEqual([])
  await visit.close()
})
