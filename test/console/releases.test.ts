import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_TOKEN, until } from '../journeys/system.ts'
import { freePort } from '../setup/free-port.ts'
import { hasBrowser } from './browser.ts'
import { barriers, overflow } from './judge.ts'
import { browser, setStage, system } from './stage.ts'
import { StandIn } from './stand-in.ts'
import { DESKTOP, PHONE, Visit } from './visit.ts'

/** The page Releases while a redeployer, played by the test, does what it is asked for and the server restarts. */

const DAY_MS = 86_400_000
const entry = (version: string, daysAgo: number, more: object = {}) => ({
  ref: `v${version}`,
  commit: '4c1f9a70b2d84e5c9f0a1b2c3d4e5f60718293a4',
  signer: 'mara@example.net',
  version,
  state: 'good',
  reason: null,
  madeAt: Date.now() - daysAgo * DAY_MS,
  deployedAt: Date.now() - daysAgo * DAY_MS,
  startMs: 900,
  ...more,
})
const GOOD = 'server-1.4.0-0123456789abcdef'
const BAD = 'server-1.5.0-fedcba9876543210'
const REASON = 'sick: it answered for 4 s, then no more'
const TRACE = 'at Server.listen (main.ts:12:3)'

let folder: string
let standIn: StandIn
let visit: Visit

setStage({
  isChain: true,
  settings: async () => {
    folder = await mkdtemp(join(tmpdir(), 'ajar-releases-'))
    const releases = {
      [GOOD]: entry('1.4.0', 9),
      [BAD]: entry('1.5.0', 2, { state: 'bad', reason: `${REASON}\n${TRACE}` }),
    }
    standIn = await StandIn.open(join(folder, 'home'), releases)
    return {
      AJAR_HTTP_PORT: String(await freePort()),
      AJAR_DEPLOY_DIR: standIn.folder,
      AJAR_RELEASE_REMOTE_URL: 'https://mara:secret@git.example.net/ajar.git',
    }
  },
})
beforeAll(async () => {
  if (hasBrowser) visit = await at('/releases', ADMIN_TOKEN)
})
afterAll(async () => {
  await visit?.close()
  await standIn?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

async function at(path: string, token: string, looks = DESKTOP): Promise<Visit> {
  const one = await Visit.begin(browser, looks)
  await one.page.goto(`${system.server.http}/#token=${token}`)
  await one.page.getByRole('navigation', { name: 'Pages' }).waitFor()
  await one.page.goto(system.server.http + path)
  return one
}
const region = (name: string) => visit.page.getByRole('region', { name, exact: true })
const step = () => visit.page.locator('[aria-current="step"]')
const button = (name: string | RegExp) => visit.page.getByRole('button', { name })
const heading = (name: string) => visit.page.getByRole('heading', { name, exact: true })

/** The redeployer was asked once more. @returns for what */
const asked = (times: number) => until(() => standIn.asked.length === times && standIn.asked.at(-1))

test('says where releases come from, without the password, and which of those that lie here is bad', async () => {
  await region('What runs now').getByText('It has changed since the last deploy, or was asked for').waitFor()
  await region('Deploy another release').getByText('https://git.example.net/ajar.git').waitFor()
  expect(await visit.page.content()).not.toContain('secret')
  const kept = region('Releases on this machine')
  await kept.getByText('ran last').waitFor()
  await kept.getByText(REASON).waitFor()
  expect(await kept.getByText(TRACE).isVisible()).toBe(false)
  await kept.getByText('more', { exact: false }).click()
  await kept.getByText(TRACE).waitFor()
  await kept.getByText('Signed by mara@example.net').first().waitFor()
})

test('a ref that is none is refused at its field', async () => {
  await visit.page.getByLabel('Tag, branch or commit').fill('--upload-pack=touch')
  await button('Deploy').click()
  await region('Deploy another release').getByRole('alert').waitFor()
  expect(standIn.asked).toEqual([])
})

test('a redeploy is followed step by step, and a second one cannot be begun', async () => {
  await visit.page.getByLabel('Tag, branch or commit').fill('v1.6.0')
  await button('Deploy').click()
  expect(await asked(1)).toMatchObject({ ref: 'v1.6.0', release: null, force: false })
  standIn.tell({ step: 'verify', progress: 0.05 }, { level: 'info', text: 'signed by mara@example.net' })
  await step().getByText('Check who signed them').waitFor()
  await region('What it says').getByText('signed by mara@example.net').waitFor()
  standIn.tell({ step: 'preflight', progress: 0.55 }, { level: 'warn', text: 'it took long to start' })
  await step().getByText('Try it on a copy of the data').waitFor()
  await region('What it says').getByText('it took long to start').waitFor()
  for (const name of ['Deploy', /^Go back|^Run it/])
    for (const one of await button(name).all()) expect(await one.isDisabled()).toBe(true)
  expect(await barriers(visit.page)).toEqual([])
})

test('that the server is away meanwhile is no error, and the page goes on by itself', async () => {
  standIn.tell({ step: 'restart', progress: 0.73 }, { level: 'info', text: 'restarting' })
  await step().getByText('Restart the server').waitFor()
  await system.stopServer()
  await visit.page.getByText('The server is being restarted.').waitFor()
  await visit.page.getByText(/^A release is being deployed, and the server restarts/).waitFor()
  expect(await visit.page.getByText('Not live: reconnecting').count()).toBe(0)
  expect(await visit.page.locator('.toast.failed').count()).toBe(0)
  expect(await region('What it says').getByText('it took long to start').isVisible()).toBe(true)
  standIn.tell({ step: 'trial', progress: 0.75 }, { level: 'info', text: 'answers well' })
  await system.startServer()
  await step().getByText('Watch whether it answers well').waitFor()
  await region('What it says').getByText('answers well').waitFor()
})

test('its end is told with what it cost, and all that it said stays', async () => {
  const done = { version: '1.6.0', release: 'server-1.6.0-0011223344556677', downMs: 1240, code: null, message: null }
  standIn.tell({ step: 'keep', progress: 1, state: 'kept', endedAt: Date.now(), ...done })
  await heading('The last redeploy').waitFor()
  await region('The last redeploy').getByText('It was kept then').waitFor()
  await region('The last redeploy').getByText('For 1.2 s nobody was served').waitFor()
  await visit.page.getByText('What you look at came with the release before.').waitFor()
  await region('The last redeploy').getByText('What it did').click()
  for (const said of ['signed by mara@example.net', 'answers well'])
    await region('The last redeploy').getByRole('listitem').filter({ hasText: said }).waitFor()
})

test('going back asks once', async () => {
  await button(/1\.4\.0$/).click()
  const dialog = visit.page.getByRole('dialog')
  expect(await barriers(visit.page)).toEqual([])
  await dialog.getByRole('button', { name: /^(Run it|Go back)$/ }).click()
  expect(await asked(2)).toMatchObject({ ref: null, release: GOOD, force: false })
  await dialog.waitFor({ state: 'detached' })
  const code = { code: 'sick', message: 'it is no good (it ended with code 1); the checkout runs again' }
  standIn.tell({ step: 'trial', progress: 1 }, { level: 'error', text: 'it ended with code 1: going back' })
  await step().getByText('Watch whether it answers well').waitFor()
  standIn.tell({ state: 'went_back', endedAt: Date.now(), answersAgain: true, ...code })
  await region('The last redeploy').getByText('It went back').waitFor()
  await region('The last redeploy').getByText(code.message).waitFor()
})

test('a bad one runs only where its version is typed', async () => {
  await button('Run it all the same: 1.5.0').click()
  const dialog = visit.page.getByRole('dialog', { name: 'Run 1.5.0, which is bad' })
  await dialog.getByText(REASON).waitFor()
  const run = dialog.getByRole('button', { name: 'Run it all the same' })
  expect(await run.isDisabled()).toBe(true)
  await dialog.getByLabel('Type 1.5.0 to confirm').fill('1.5.0')
  await run.click()
  expect(await asked(3)).toMatchObject({ release: BAD, force: true })
  const code = { code: 'not_ready', message: 'it was not ready within 8 s' }
  standIn.tell({ step: 'preflight', progress: 1 })
  await step().getByText('Try it on a copy of the data').waitFor()
  standIn.tell({ state: 'refused', endedAt: Date.now(), ...code })
  await region('The last redeploy').getByText('Nothing was changed').waitFor()
})

test('who signed with a key that is not known is told what to do', async () => {
  await visit.page.getByLabel('Tag, branch or commit').fill('')
  await button('Deploy').click()
  expect(await asked(4)).toMatchObject({ ref: null, release: null })
  standIn.tell({ step: 'verify', progress: 0.05 })
  await step().getByText('Check who signed them').waitFor()
  const code = { code: 'unknown_signer', message: 'the key SHA256:abc is not among the allowed signers' }
  standIn.tell({ state: 'refused', endedAt: Date.now(), ...code })
  await region('The last redeploy').getByText('This server does not know who signed it').waitFor()
  await region('The last redeploy').getByText('deploy/KEYS.md', { exact: false }).waitFor()
})

test('who operates sees all of it on a phone, and changes nothing', async () => {
  const { token } = await system.api.send<{ token: string }>('POST', '/api/tokens', { name: 'omar', role: 'operator' })
  const omar = await at('/releases', token, { ...PHONE, theme: 'dark' })
  await omar.page.getByRole('heading', { name: 'Releases on this machine' }).waitFor()
  await omar.page.getByRole('heading', { name: 'The last redeploy' }).waitFor()
  for (const name of [/^Deploy$/, /^Go back/, /^Run it/])
    expect(await omar.page.getByRole('button', { name }).count(), String(name)).toBe(0)
  expect(await overflow(omar.page)).toBeLessThanOrEqual(0)
  await omar.close()
})
