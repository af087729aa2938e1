import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, type TestContext, test, vi } from 'vitest'
import { Authority } from '../../../test/setup/certificates.ts'
import { noteRelease, readLedger } from '../src/home/ledger.ts'
import { releaseBefore } from '../src/requests/terminal.ts'
import type { Behaviour } from './machine/fake-server.ts'
import { Machine, type RedeployerOptions } from './machine/machine.ts'

// Real processes, many at once, on machines that have two cores.
vi.setConfig({ testTimeout: 120_000 })

const FULL_DISK = new URL('./machine/full-disk.ts', import.meta.url).href

/** One that runs `a` and is closed with the test. */
async function open({ onTestFinished }: TestContext, behaviour: Behaviour = {}): Promise<Machine> {
  const machine = await Machine.start(behaviour)
  onTestFinished(() => machine.close())
  await machine.ready()
  return machine
}

/** Release `b` comes to it. */
async function deploy(t: TestContext, behaviour: Behaviour, before: Behaviour = {}, options: RedeployerOptions = {}) {
  const machine = await open(t, before)
  machine.addRelease('b', behaviour)
  await machine.redeployer('redeploy', { request: { ref: 'b' }, ...options })
  return machine
}

/** As it was, and whole: nothing is left of the release that came. */
function expectBack(machine: Machine) {
  expect([machine.current, machine.trusted, machine.runs]).toEqual(['a', 'a', 'a'])
  expect(existsSync(machine.home.pending)).toBe(false)
  expect(existsSync(join(machine.dataDir, 'rehearsal'))).toBe(false)
}

test.concurrent('a good release is kept and trusted, and nothing is pending', async (t) => {
  const machine = await deploy(t, {})
  expect(machine.run('job-1')).toMatchObject({ state: 'kept', release: 'b', from: 'a', code: null, progress: 1 })
  expect([machine.current, machine.trusted, machine.runs, machine.prepared]).toEqual(['b', 'b', 'b', 'b'])
  expect(readLedger(machine.home).b).toMatchObject({ state: 'good', deployedAt: expect.any(Number) })
  expect(existsSync(machine.home.pending)).toBe(false)
  expect(existsSync(join(machine.dataDir, 'rehearsal'))).toBe(false)
})

describe('rehearsed, nothing that runs is touched', () => {
  test.concurrent('one that ends', async (t) => {
    const machine = await deploy(t, { rehearsed: { endsMs: 0, readyMs: null } })
    const run = machine.run('job-1')
    expect(run).toMatchObject({ state: 'refused', code: 'preflight_crashed' })
    expect(run?.message).toContain('Error: it cannot go on')
    expectBack(machine)
  })

  test.concurrent.for<[string, Behaviour, string]>([
    ['is never ready', { readyMs: null }, 'preflight_not_ready'],
    ['is sick', { failing: ['frames'] }, 'preflight_not_ready'],
    ['does not answer', { hangsAfter: 0 }, 'preflight_not_ready'],
  ])('one that %s', async ([, rehearsed, code], t) => {
    const machine = await deploy(t, { rehearsed }, {}, { limits: { preflightMs: 1500 } })
    expect(machine.run('job-1')).toMatchObject({ state: 'refused', code })
    expect(readLedger(machine.home).b).toMatchObject({ state: 'bad', reason: expect.stringContaining(code) })
    expect(machine.calls).not.toContain('restart')
    expectBack(machine)
  })
})

describe('on trial, the release before runs again', () => {
  test.concurrent.for<[string, Behaviour, string]>([
    ['crashes at its start', { endsMs: 0, readyMs: null }, 'crashed'],
    ['crashes later', { endsMs: 700 }, 'crashed'],
    ['becomes sick', { failing: ['frames'], failsAfter: 2 }, 'sick'],
    ['hangs', { hangsAfter: 2 }, 'sick'],
    ['leaves frames standing', { framesStand: true }, 'frames_stand'],
  ])('one that %s', async ([, behaviour, code], t) => {
    const machine = await deploy(t, { ...behaviour, rehearsed: {} }, {}, { settings: { trialMs: 1500 } })
    const run = machine.run('job-1')
    expect(run).toMatchObject({ state: 'went_back', code, answersAgain: true, downMs: expect.any(Number) })
    expect(run?.message).toContain('a runs again')
    expect(readLedger(machine.home).b).toMatchObject({ state: 'bad', reason: expect.stringContaining(code) })
    expect(machine.calls).toContain('restart by force')
    expectBack(machine)
  })

  test.concurrent.for<[string, Behaviour]>([
    ['never listens', { readyMs: null }],
    ['answers byte by byte, without an end', { endless: 'slow' }],
    ['answers a hundred megabytes and more', { endless: 'large' }],
    ['is sick at once', { failing: ['frames'] }],
  ])('one that %s', async ([, behaviour], t) => {
    const machine = await deploy(t, { ...behaviour, rehearsed: {} })
    expect(machine.run('job-1')).toMatchObject({ state: 'went_back', code: 'not_ready', answersAgain: true })
    expectBack(machine)
  })
})

test.concurrent('told to end on trial, it leaves everything to its next start', async (t) => {
  const machine = await open(t)
  machine.addRelease('b')
  const onStart = async (redeployer: ChildProcess) => {
    while (machine.run('job-1')?.step !== 'trial') await delay(20)
    redeployer.kill('SIGTERM')
  }
  await machine.redeployer('redeploy', { request: { ref: 'b' }, settings: { trialMs: 60_000 }, onStart })
  expect(machine.run('job-1')).toMatchObject({ state: 'running', release: 'b' })
  expect([machine.current, machine.trusted, machine.runs]).toEqual(['b', 'a', 'b'])
  await machine.redeployer('recover')
  expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
})

test.concurrent('what it said last is told: in the log, and of it the line that says why', async (t) => {
  const machine = await deploy(t, { endsMs: 0, readyMs: null, rehearsed: {} })
  const why = 'it said: Error: it cannot go on'
  expect(machine.run('job-1')?.message).toContain(why)
  expect(readLedger(machine.home).b?.reason).toContain(why)
  expect(machine.log('job-1')).toContain('b said: Error: it cannot go on')
})

test.concurrent('what failed before does not count against the new one', async (t) => {
  const machine = await deploy(t, { failing: ['influx'] }, { failing: ['influx'] })
  expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
})

test.concurrent('frames that stood before may stand', async (t) => {
  const machine = await deploy(t, { framesStand: true }, { framesStand: true })
  expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
})

test.concurrent('where frames came one after another, a release that takes none goes back', async (t) => {
  const machine = await deploy(t, { frames: 'refused' }, { frames: 'come' })
  expect(machine.run('job-1')).toMatchObject({ state: 'went_back', code: 'no_frames', answersAgain: true })
  expectBack(machine)
})

test.concurrent('where frames come to it as well, it is kept; where none came, none are missed', async (t) => {
  const [both, neither] = await Promise.all([
    deploy(t, { frames: 'come' }, { frames: 'come' }),
    deploy(t, { frames: 'refused' }, { frames: 'refused' }),
  ])
  for (const machine of [both, neither]) expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
})

test.concurrent('over TLS, with a certificate that nobody knows', async (t) => {
  const authority = await Authority.create(t.onTestFinished)
  const { certFile: cert, keyFile: key } = await authority.issue()
  const machine = await deploy(t, { tls: { cert, key } }, { tls: { cert, key } })
  expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
})

test.concurrent('where no server ran before, the new one is started, and kept if it is good', async (t) => {
  const machine = await open(t)
  await machine.stopServer()
  machine.addRelease('b')
  await machine.redeployer('redeploy', { request: { ref: 'b' } })
  expect(machine.run('job-1')).toMatchObject({ state: 'kept', from: 'a' })
  expect(machine.runs).toBe('b')
})

test.concurrent('where neither answers, the run names both', async (t) => {
  const machine = await open(t)
  machine.addRelease('b', { endsMs: 300, rehearsed: {} })
  writeFileSync(join(machine.home.releases, 'a', 'behaviour.json'), '{"failing":["state"]}')
  await machine.redeployer('redeploy', { request: { ref: 'b' }, limits: { backReadyMs: 2000 } })
  const run = machine.run('job-1')
  expect(run).toMatchObject({ state: 'went_back', answersAgain: false })
  expect(run?.message).toMatch(/^neither b .* nor a .*state is broken/)
  expectBack(machine)
})

test.concurrent('a disk that is full once it is switched does not keep it from going back', async (t) => {
  const machine = await open(t)
  machine.addRelease('b')
  const environment = { FULL: machine.home.folder, NODE_OPTIONS: `--import=${FULL_DISK}` }
  await machine.redeployer('redeploy', { request: { ref: 'b' }, environment })
  expect(machine.run('job-1')).toMatchObject({ state: 'went_back', code: 'disk_full', answersAgain: true })
  expect(readLedger(machine.home).b?.state).toBe('new')
  expectBack(machine)
})

describe('back to a release that is here', () => {
  test.concurrent('the one that the installer brought and nobody noted, after the first redeploy', async (t) => {
    const machine = await deploy(t, {})
    expect(readLedger(machine.home).a).toMatchObject({ state: 'good', deployedAt: null })
    expect(releaseBefore(machine.home)).toBe('a')
    // Also where an earlier redeployer did not note it.
    rmSync(machine.home.ledger)
    expect(releaseBefore(machine.home)).toBe('a')
  })

  test.concurrent('neither one that is bad, nor one that has not been on trial', async (t) => {
    const machine = await open(t)
    for (const state of ['bad', 'new'] as const) {
      machine.addRelease(state)
      noteRelease(machine.home, state, { state })
    }
    expect(() => releaseBefore(machine.home)).toThrow('no other release was kept')
  })

  test.concurrent('it is rehearsed, not made, and kept', async (t) => {
    const machine = await open(t)
    machine.addRelease('b')
    await machine.redeployer('redeploy', { request: { release: 'b' } })
    expect(machine.run('job-1')).toMatchObject({ state: 'kept', release: 'b' })
    const steps = machine
      .log('job-1')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).step)
    expect(steps).toContain('preflight')
    expect(steps).not.toContain('install')
  })

  test.concurrent('one that is bad is refused, and taken by force', async (t) => {
    const machine = await open(t)
    machine.addRelease('b')
    noteRelease(machine.home, 'b', { state: 'bad', reason: 'sick' })
    const { said } = await machine.redeployer('redeploy', { request: { release: 'b' } })
    expect(said).toContain('"code":"release_bad"')
    expect(machine.run('job-1')).toBeNull()
    await machine.redeployer('redeploy', { request: { release: 'b', force: true } })
    expect(machine.run('job-1')).toMatchObject({ state: 'kept' })
    expect(readLedger(machine.home).b).toMatchObject({ state: 'good', reason: null })
  })

  test.concurrent.for(['c', '../b', '.b.going', ''])('there is no release %o', async (release, t) => {
    const machine = await open(t)
    const { said } = await machine.redeployer('redeploy', { request: { release } })
    expect(said).toContain('"code":"no_release"')
  })
})

test.concurrent('the release that runs already is not touched', async (t) => {
  const machine = await open(t)
  await machine.redeployer('redeploy', { request: { ref: 'a' } })
  expect(machine.run('job-1')).toMatchObject({ state: 'kept', code: 'already_running' })
  expect(machine.calls).not.toContain('restart')
})

test.concurrent('old releases go, bad ones first; those that are needed stay', async (t) => {
  const machine = await open(t)
  for (const [at, id] of ['old', 'bad', 'newer', 'b'].entries()) {
    machine.addRelease(id)
    noteRelease(machine.home, id, {
      madeAt: at,
      state: id === 'bad' ? 'bad' : 'good',
      deployedAt: id === 'b' ? null : at + 2,
    })
  }
  for (const half of ['.older.going', '.old.going', '.server-1.0.0-0123456789ab.new'])
    mkdirSync(join(machine.home.releases, half, 'half'), { recursive: true })
  await machine.redeployer('redeploy', { request: { release: 'b' }, settings: { kept: 3 } })
  expect(readdirSync(machine.home.releases).sort()).toEqual(['a', 'b', 'newer'])
})

test.concurrent('also where none is kept, the disk does not fill', async (t) => {
  const machine = await open(t)
  for (const id of ['bad', 'new', 'good', 'b']) {
    machine.addRelease(id, { rehearsed: { endsMs: 0, readyMs: null } })
    if (id !== 'b') noteRelease(machine.home, id, { madeAt: 1, state: id as 'good' })
  }
  for (const left of [
    join(machine.home.releases, '.server-1.0.0-0123456789ab.new'),
    join(machine.dataDir, 'rehearsal'),
  ])
    mkdirSync(join(left, 'half'), { recursive: true })
  await machine.redeployer('redeploy', { request: { ref: 'b' }, settings: { kept: 3 } })
  expect(machine.run('job-1')).toMatchObject({ state: 'refused' })
  // The one that was never on trial rather than those that are bad, whatever their age.
  expect(readdirSync(machine.home.releases).sort()).toEqual(['a', 'good', 'new'])
  expectBack(machine)
})

test.concurrent('of a log, secrets of the remote stay away, and lines have an end', async (t) => {
  const machine = await open(t)
  machine.addRelease('b')
  const by = `secret https://someone:secret@example.org/ ${'x'.repeat(150)}`
  await machine.redeployer('redeploy', { request: { ref: 'b', by } })
  const [first = ''] = machine.log('job-1').split('\n')
  expect(first).toContain('https://example.org/')
  for (const text of [machine.log('job-1'), JSON.stringify(machine.run('job-1'))]) expect(text).not.toContain('secret')
})

test.concurrent('of what is known of a bad release, and of what is said, secrets of the remote stay away', async (t) => {
  const machine = await open(t)
  machine.addRelease('b', { rehearsed: { endsMs: 0, readyMs: null, lastWords: 'Error: secret of the remote' } })
  const { said } = await machine.redeployer('redeploy', { request: { ref: 'b' } })
  expect(readLedger(machine.home).b?.reason).toContain('*** of the remote')
  expect(said).not.toContain('secret')
})

test.concurrent('runs of long ago go, fifty stay', async (t) => {
  const machine = await open(t)
  mkdirSync(machine.home.runs, { recursive: true })
  for (let number = 1; number <= 60; number += 1) {
    writeFileSync(
      join(machine.home.runs, `old-${number}.json`),
      JSON.stringify({ v: 1, job: `old-${number}`, state: 'kept' }),
    )
    writeFileSync(join(machine.home.runs, `old-${number}.log`), '')
  }
  await machine.redeployer('redeploy', { request: { ref: 'a' } })
  const files = readdirSync(machine.home.runs)
  expect(files.filter((name) => name.endsWith('.json'))).toHaveLength(50)
  expect(files).toContain('job-1.json')
})

test.concurrent('a first release comes to a checkout, and the checkout runs again where it is no good', async (t) => {
  const machine = await open(t)
  await machine.stopServer()
  for (const link of [machine.home.current, machine.home.trusted]) rmSync(link)
  machine.addRelease('b', { endsMs: 0, rehearsed: {} })
  symlinkSync('a', join(machine.home.releases, 'none'))
  await machine.redeployer('redeploy', { request: { ref: 'b' }, limits: { backReadyMs: 2000 } })
  expect(machine.run('job-1')).toMatchObject({ state: 'went_back', from: null })
  expect([machine.current, machine.prepared]).toEqual([null, null])
  expect(readFileSync(machine.home.ledger, 'utf8')).toContain('bad')
})
