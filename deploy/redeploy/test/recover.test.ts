import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, type TestContext, test, vi } from 'vitest'
import { readLedger } from '../src/home/ledger.ts'
import { newPending, type Pending, writePending } from '../src/home/pending.ts'
import { linkRelease } from '../src/home/releases.ts'
import { markOf } from '../src/programs/left-programs.ts'
import type { Behaviour } from './machine/fake-server.ts'
import { Machine } from './machine/machine.ts'

vi.setConfig({ testTimeout: 120_000 })

const REQUEST = { v: 1 as const, job: 'job-1', ref: 'b', release: null, force: false, by: 'test' }

/** A redeploy from `a` to `b` was broken off: `b` is linked, and what is pending says `pending`. */
async function brokenOff({ onTestFinished }: TestContext, pending: Partial<Pending>, behaviour: Behaviour = {}) {
  const machine = await Machine.start()
  onTestFinished(() => machine.close())
  await machine.ready()
  machine.addRelease('b', behaviour)
  const known = { release: 'b', from: 'a', request: REQUEST, startedAt: 1, readyLimitMs: 8000 }
  writePending(machine.home, newPending({ ...known, ...pending }))
  linkRelease(machine.home.current, 'b')
  return machine
}

const stateOf = ({ current, trusted, runs }: Machine) => ({ current, trusted, runs })

test.concurrent('a trial goes on, and its server is not started again', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial' })
  await machine.stopServer()
  machine.startServer()
  await machine.redeployer('recover')
  expect(stateOf(machine)).toMatchObject({ current: 'b', trusted: 'b', runs: 'b' })
  // Nobody looked until then.
  expect(machine.run('job-1')).toMatchObject({ state: 'kept', release: 'b', from: 'a', downMs: null })
  expect(machine.calls).not.toContain('restart')
})

test.concurrent('told to end while it goes on with a trial, it leaves that to its next start', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial' })
  await machine.stopServer()
  machine.startServer()
  await machine.ready()
  const onStart = async (redeployer: ChildProcess) => {
    while (machine.run('job-1')?.step !== 'trial') await delay(20)
    redeployer.kill('SIGTERM')
  }
  await machine.redeployer('recover', { onStart, settings: { trialMs: 60_000 } })
  expect(machine.run('job-1')).toMatchObject({ state: 'running', endedAt: null })
  expect(stateOf(machine)).toEqual({ current: 'b', trusted: 'a', runs: 'b' })
  expect(existsSync(machine.home.pending)).toBe(true)
  await machine.redeployer('recover')
  expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
})

test.concurrent('what cannot be finished ends it with a code that has it started again', async (t) => {
  const machine = await brokenOff(t, { phase: 'back' })
  machine.cannotRestart = true
  await machine.stopServer()
  machine.startServer()
  expect((await machine.redeployer('serve')).code).toBe(1)
  expect(existsSync(machine.home.pending)).toBe(true)
  machine.cannotRestart = false
  expect((await machine.redeployer('serve')).code).toBe(0)
  expect(machine.run('job-1')).toMatchObject({ state: 'went_back' })
})

test.concurrent('after a boot a trial has half a minute to be ready, for everything starts at once', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial', readyLimitMs: 300 }, { readyMs: 2000 })
  await machine.stopServer()
  machine.startServer()
  await machine.redeployer('boot')
  await machine.redeployer('recover')
  expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
})

test.concurrent('what a redeployer that was killed has left running is ended', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial' })
  const left = spawn('sleep', ['300'], { env: { ...process.env, ...markOf({ AJAR_DEPLOY_DIR: machine.home.folder }) } })
  const ended = once(left, 'exit')
  await machine.redeployer('recover')
  expect(await ended).toEqual([null, 'SIGKILL'])
})

test.concurrent('what a kill has left in the data folder and beside the releases goes at the next start', async (t) => {
  const machine = await Machine.start()
  t.onTestFinished(() => machine.close())
  const left = [
    join(machine.dataDir, 'rehearsal'),
    join(machine.home.releases, '.server-1.0.0-0123456789ab.new'),
    join(machine.home.work, 'job-0'),
  ]
  for (const folder of left) mkdirSync(join(folder, 'half'), { recursive: true })
  await machine.redeployer('recover')
  expect(left.filter(existsSync)).toEqual([])
  expect(existsSync(machine.home.work)).toBe(false)
})

test.concurrent('a switch whose restart did not come is restarted', async (t) => {
  const machine = await brokenOff(t, { phase: 'switch' })
  await machine.redeployer('recover')
  expect(stateOf(machine)).toMatchObject({ current: 'b', trusted: 'b', runs: 'b' })
  expect(machine.calls).toContain('restart')
})

test.concurrent('a trial that was broken off too often goes back', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial', attempts: 3 })
  await machine.redeployer('recover')
  expect(stateOf(machine)).toMatchObject({ current: 'a', trusted: 'a', runs: 'a' })
  expect(machine.run('job-1')).toMatchObject({ state: 'went_back', code: 'interrupted_often', downMs: null })
  expect(readLedger(machine.home).b?.state).toBe('bad')
})

test.concurrent('at boot attempts are counted, nothing is started, and the fourth goes back', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial' })
  const pending = () => JSON.parse(readFileSync(machine.home.pending, 'utf8'))
  for (const attempts of [1, 2, 3]) {
    await machine.redeployer('boot')
    expect(pending()).toMatchObject({ phase: 'trial', attempts })
    expect(machine.current).toBe('b')
  }
  await machine.redeployer('boot')
  expect(pending()).toMatchObject({ phase: 'back' })
  expect([machine.current, machine.prepared]).toEqual(['a', 'a'])
  expect(machine.calls.some((call) => call.startsWith('restart'))).toBe(false)
  await machine.redeployer('recover')
  expect(machine.run('job-1')).toMatchObject({ state: 'went_back', code: 'interrupted_often', answersAgain: true })
})

test.concurrent('one boot and the start of the redeployer after it are one attempt', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial' })
  await machine.stopServer()
  machine.startServer()
  await machine.redeployer('boot')
  await machine.redeployer('recover', { killAt: 20, settings: { trialMs: 5000 } })
  expect(JSON.parse(readFileSync(machine.home.pending, 'utf8'))).toMatchObject({ attempts: 1, isCounted: false })
})

test.concurrent('what a newer release has added to the file stays unread and harms nothing', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial', ...{ addedLater: { deep: [1] } } })
  writeFileSync(machine.home.ledger, JSON.stringify({ v: 1, later: 1, releases: { b: { state: 'new', later: [2] } } }))
  await machine.redeployer('recover')
  expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
  expect(JSON.parse(readFileSync(machine.home.ledger, 'utf8')).releases.b).toMatchObject({ state: 'good', later: [2] })
})

test.concurrent('what an older release did not write has a default', async (t) => {
  const machine = await brokenOff(t, {})
  const { v, job, release, from, request } = newPending({ release: 'b', from: 'a', request: REQUEST, startedAt: 1 })
  writeFileSync(machine.home.pending, JSON.stringify({ v, job, release, from, request, phase: 'trial' }))
  await machine.redeployer('recover')
  expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
})

test.concurrent.for([
  ['half of it', '{"v":1,"job":"job-1","relea'],
  ['nothing', ''],
  [
    'a phase that nobody knows',
    JSON.stringify({ ...newPending({ release: 'b', from: 'a', request: REQUEST, startedAt: 1 }), phase: 'later' }),
  ],
  [
    'another version',
    JSON.stringify({ ...newPending({ release: 'b', from: 'a', request: REQUEST, startedAt: 1 }), v: 2 }),
  ],
  ['a path', JSON.stringify(newPending({ release: '../../etc', from: 'a', request: REQUEST, startedAt: 1 }))],
])('a damaged file (%s) leads back to the release that is trusted', async ([, text = ''], t) => {
  const machine = await brokenOff(t, { phase: 'trial' })
  await machine.stopServer()
  machine.startServer()
  await machine.ready()
  mkdirSync(machine.home.runs, { recursive: true })
  writeFileSync(
    join(machine.home.runs, 'job-1.json'),
    JSON.stringify({ v: 1, job: 'job-1', state: 'running', ref: 'b', by: 'test' }),
  )
  writeFileSync(machine.home.pending, text)
  const { said } = await machine.redeployer('recover')
  expect(stateOf(machine)).toMatchObject({ current: 'a', trusted: 'a', runs: 'a' })
  expect(said).toContain('pending.json is damaged: back to a')
  expect(machine.run('job-1')).toMatchObject({ state: 'went_back', code: 'pending_damaged' })
  expect(existsSync(machine.home.pending)).toBe(false)
  expect(readFileSync(`${machine.home.pending}.damaged`, 'utf8')).toBe(text)
})

test.concurrent('where it is damaged and nothing is trusted, what runs is not touched', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial' })
  unlinkSync(machine.home.trusted)
  writeFileSync(machine.home.pending, '{')
  const { said } = await machine.redeployer('recover')
  expect(said).toContain('no release is trusted')
  expect(machine.current).toBe('b')
})

test.concurrent('a ledger that is damaged knows nothing, and is laid aside', async (t) => {
  const machine = await brokenOff(t, { phase: 'trial' })
  writeFileSync(machine.home.ledger, '{"v":1,"rel')
  await machine.redeployer('recover')
  expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
  expect(readFileSync(`${machine.home.ledger}.damaged`, 'utf8')).toBe('{"v":1,"rel')
  expect(readLedger(machine.home).b?.state).toBe('good')
})

test.concurrent("a link that a kill has left aside is in nobody's way", async (t) => {
  const machine = await brokenOff(t, {
    phase: 'back',
    reason: { code: 'sick', message: 'it is sick', isItsFault: true },
  })
  symlinkSync('releases/nowhere', `${machine.home.current}.new`)
  await machine.redeployer('recover')
  expect(stateOf(machine)).toMatchObject({ current: 'a', trusted: 'a', runs: 'a' })
  expect(machine.run('job-1')).toMatchObject({ state: 'went_back', code: 'sick' })
})
