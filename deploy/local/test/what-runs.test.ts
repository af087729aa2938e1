import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CHECKOUT, fingerprintOf } from '../src/releases/checkout.ts'
import { WhatRuns } from '../src/releases/what-runs.ts'
import { folder, homeIn, link, put, release } from './release-home.ts'

const SERVER = 'server/src/main.ts'
const REDEPLOYER = 'deploy/redeploy/src/main.ts'

function deployed(...ids: string[]) {
  const home = homeIn(folder())
  const lines: string[] = []
  const checkout = { now: 'as it was' }
  for (const id of ids) release(home, id, { [SERVER]: '', [REDEPLOYER]: '' })
  const runs = new WhatRuns(home, { fingerprint: async () => checkout.now, say: (line) => lines.push(line) })
  const decide = (wantsCheckout = false) => runs.decide({ wantsCheckout })
  return { home, lines, checkout, runs, decide }
}

describe('at a start', () => {
  test('the checkout runs where nothing was deployed, and nothing is said', async () => {
    const { runs, decide, lines } = deployed()
    await decide()
    expect(runs.command(SERVER)).toEqual({ program: process.execPath, args: [join(CHECKOUT, SERVER)] })
    expect(lines).toEqual([])
  })

  test('a release goes on where the checkout is as it was', async () => {
    const { home, runs, decide, lines } = deployed('server-1')
    link(home.current, 'server-1')
    await runs.wasDeployed()
    await decide()
    expect(runs.command(SERVER)).toEqual({
      program: join(home.current, 'bin/node'),
      args: [join(home.current, SERVER)],
    })
    expect(lines).toEqual([expect.stringMatching(/^Release server-1 runs.*npm start -- --checkout$/)])
  })

  test.each([
    ['it has changed', { now: 'changed' }],
    ['it is wanted', { wantsCheckout: true }],
    ['nobody knows how it was', { known: '{' }],
  ])('the checkout wins where %s, and no link says otherwise', async (_, how) => {
    const { now, wantsCheckout = false, known }: { now?: string; wantsCheckout?: boolean; known?: string } = how
    const { home, runs, decide, lines, checkout } = deployed('server-1')
    for (const place of [home.current, home.trusted]) link(place, 'server-1')
    await runs.wasDeployed()
    if (now) checkout.now = now
    if (known) writeFileSync(join(home.folder, 'checkout.json'), known)
    await decide(wantsCheckout)
    expect(runs.command(SERVER).args).toEqual([join(CHECKOUT, SERVER)])
    expect(runs.redeployer(REDEPLOYER, 'serve').args).toEqual([join(CHECKOUT, REDEPLOYER), 'serve'])
    expect([home.current, home.trusted].map((place) => existsSync(place))).toEqual([false, false])
    expect(existsSync(join(home.releases, 'server-1', 'complete'))).toBe(true)
    expect(lines).toEqual([expect.stringMatching(/^The checkout runs.*server-1|^The checkout runs, as asked\./)])
    await decide()
    expect(lines, 'said once').toHaveLength(1)
  })

  test('while a redeploy is to be finished nothing is decided, and the release on trial is known later', async () => {
    const { home, runs, decide, checkout } = deployed('server-1')
    link(home.current, 'server-1')
    put(home.pending, '{}')
    await decide(true)
    expect(runs.release).toBe('server-1')
    rmSync(home.pending)
    await decide()
    expect(runs.release).toBe('server-1')
    checkout.now = 'changed'
    await decide()
    expect(runs.release).toBeNull()
  })
})

test('a release before the present one is compared with how the checkout was when that was deployed', async () => {
  const { home, runs, decide, checkout } = deployed('server-1', 'server-2')
  link(home.current, 'server-1')
  await runs.wasDeployed()
  checkout.now = 'later'
  link(home.current, 'server-2')
  await runs.wasDeployed()
  link(home.current, 'server-1') // back
  await decide()
  expect(runs.release, 'it has changed since server-1').toBeNull()
})

test('a link to a release that is gone has the checkout run; the redeployer is never of one on trial', async () => {
  const { home, runs } = deployed('server-1', 'server-2')
  link(home.trusted, 'server-1')
  link(home.current, 'server-2')
  expect(runs.redeployer(REDEPLOYER, 'serve')).toEqual({
    program: join(home.trusted, 'bin/node'),
    args: [join(home.trusted, REDEPLOYER), 'serve'],
  })
  rmSync(join(home.releases, 'server-2'), { recursive: true })
  expect(runs.command(SERVER).args).toEqual([join(CHECKOUT, SERVER)])
})

test('a fingerprint tells of a commit and of what runs, and not of what is built or tests', async () => {
  const checkout = folder()
  put(join(checkout, 'server/src/main.ts'), 'one')
  const plain = await fingerprintOf(checkout)
  expect(plain).toMatch(/^- [0-9a-f]{64}$/)
  for (const file of [
    'server/test/main.test.ts',
    'server/web/dist/index.html',
    'server/node_modules/x/y.js',
    'README.md',
  ])
    put(join(checkout, file), 'not of it')
  expect(await fingerprintOf(checkout)).toBe(plain)
  put(join(checkout, 'server/src/main.ts'), 'two')
  const changed = await fingerprintOf(checkout)
  expect(changed).not.toBe(plain)
  const git = (...args: string[]) =>
    execFileSync('git', [
      '-C',
      checkout,
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b',
      '-c',
      'commit.gpgsign=false',
      ...args,
    ])
  git('init', '-q')
  git('commit', '-q', '--allow-empty', '-m', 'one')
  const committed = await fingerprintOf(checkout)
  expect(committed.split(' ')[1]).toBe(changed.split(' ')[1])
  git('commit', '-q', '--allow-empty', '-m', 'two')
  expect(await fingerprintOf(checkout)).not.toBe(committed)
})
