import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN } from '../journeys/system.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** Backups in the console: made, listed, told how they are restored, deleted. */

let visit: Visit

setStage({ isChain: true, settings: async () => ({ AJAR_BACKUP_AT: 'off' }) })
beforeAll(async () => {
  if (hasBrowser) visit = await at(ADMIN_TOKEN)
})
afterAll(() => visit?.close())

async function at(token: string, looks = DESKTOP): Promise<Visit> {
  const one = await Visit.begin(browser, looks)
  await one.page.goto(`${system.server.http}/#token=${token}`)
  await one.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await one.page.goto(`${system.server.http}/releases`)
  return one
}
const section = ({ page }: Visit = visit) => page.getByRole('region', { name: 'Backups', exact: true })
const button = (name: string | RegExp) => section().getByRole('button', { name })

test('where none is made by night, that is said, and one is made now', async () => {
  await section().getByText('AJAR_BACKUP_AT is off').waitFor()
  await section().getByText('There is no backup yet.').waitFor()
  await button('Make one now').click()
  await section().getByText('asked for').waitFor()
  expect(await button('Make one now').isEnabled()).toBe(true)
})

test('the line that restores it names its folder', async () => {
  await section().getByText('Where they lie').click()
  await section()
    .getByText(new RegExp(`npm run restore -- ${system.dataDir}/backups/\\S+ DATA_DIR$`))
    .waitFor()
  expect(await barriers(visit.page)).toEqual([])
})

test('whoever looks for backups finds the page by its name', async () => {
  await visit.page.getByRole('link', { name: 'Releases & backups' }).waitFor()
  await visit.page.getByRole('heading', { name: 'Releases & backups', exact: true }).waitFor()
  expect(await visit.page.title()).toBe('Releases & backups · ajar')
})

test('one more makes the first one free to go, after a question', async () => {
  await section().getByText('It cannot be deleted before there is another one').waitFor()
  expect(await button(/^Delete/).count()).toBe(0)
  await button('Make one now').click()
  await button(/^Delete the backup/)
    .nth(1)
    .waitFor()
  await button(/^Delete the backup/)
    .first()
    .click()
  const dialog = visit.page.getByRole('dialog', { name: 'Delete a backup' })
  await dialog.getByRole('button', { name: 'Delete' }).click()
  await button(/^Delete/)
    .first()
    .waitFor({ state: 'detached' })
  expect(await section().getByText('asked for').count()).toBe(1)
  expect(visit.faults).toEqual([])
})

test('backups are for admins: whoever operates is not told of them', async () => {
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'omar', role: 'operator' })
  const omar = await at(token, { ...PHONE, theme: 'dark' })
  await omar.page.getByRole('heading', { name: 'Releases', exact: true }).waitFor()
  await omar.page.getByText('This server cannot be redeployed from here').waitFor()
  expect(await section(omar).count()).toBe(0)
  expect(await overflow(omar.page)).toBeLessThanOrEqual(0)
  expect(omar.faults).toEqual([])
  await omar.close()
})
