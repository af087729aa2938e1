import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type TestContext, test, vi } from 'vitest'
import { readLedger } from '../src/home/ledger.ts'
import { takeLock } from '../src/home/lock.ts'
import { rehearsalData } from '../src/rehearsal/rehearsal-data.ts'
import { askHealth } from '../src/trial/health.ts'
import type { Behaviour } from './machine/fake-server.ts'
import { Machine, type RedeployerOptions } from './machine/machine.ts'

// A server that is in somebody else's hands, and may write the data folder, gets nothing done by the redeployer, which is root.
vi.setConfig({ testTimeout: 300_000 })

async function open({ onTestFinished }: TestContext, behaviour: Behaviour): Promise<Machine> {
  const machine = await Machine.start(behaviour)
  onTestFinished(() => machine.close())
  await machine.ready()
  return machine
}

/** Release `b`, which ends when it is on trial, comes to a machine whose server says that it is `claims`. */
async function goBackFrom(t: TestContext, claims: string | null, options: RedeployerOptions = {}) {
  const machine = await open(t, { claims })
  machine.addRelease('b', { endsMs: 0, rehearsed: {} })
  for (const folder of ['evil', 'deploy/releases/evil']) {
    mkdirSync(join(machine.folder, folder), { recursive: true })
    writeFileSync(join(machine.folder, folder, 'complete'), 'evil\n')
  }
  await machine.redeployer('redeploy', { request: { ref: 'b' }, ...options })
  return machine
}

test.concurrent.for(['../../evil', 'evil', null])(
  'one that says it is %j: it is the release of the link that is gone back to',
  async (claims, t) => {
    const machine = await goBackFrom(t, claims)
    expect(machine.run('job-1')).toMatchObject({ state: 'went_back', from: 'a' })
    expect([machine.current, machine.prepared, machine.runs]).toEqual(['a', 'a', 'a'])
  },
)

test.concurrent('where checkouts run, the word of a checkout counts', async (t) => {
  const machine = await goBackFrom(t, null, { environment: { RUNS_CHECKOUTS: '1' } })
  expect(machine.run('job-1')).toMatchObject({ state: 'went_back', from: null })
  expect(machine.current).toBe(null)
})

test.concurrent('what it says of itself steers no terminal, and fills neither log nor ledger', async (t) => {
  const machine = await open(t, {})
  const says = `\x1b]0;evil\x07\x9b2J${'x'.repeat(900_000)}`
  machine.addRelease('b', { failing: ['state'], says, rehearsed: {} })
  await machine.redeployer('redeploy', { request: { ref: 'b' } })
  const { message } = machine.run('job-1') ?? {}
  expect(message).toContain('state: \ufffd]0;evil\ufffd\ufffd2Jxxx')
  const told = [message, machine.log('job-1'), readLedger(machine.home).b?.reason]
  for (const text of told) expect(text?.length).toBeLessThan(10_000)
})

function folder({ onTestFinished }: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'ajar-hostile-'))
  onTestFinished(() => rmSync(made, { recursive: true, force: true }))
  return made
}

test.concurrent('what lies where the probe should is not read, nor sent, nor waited for', async (t) => {
  const dataDir = folder(t)
  const shown: unknown[] = []
  const server = createServer(({ headers }, response) => {
    shown.push(headers['x-ajar-probe'])
    response.end('{}')
  }).listen(0, '127.0.0.1')
  t.onTestFinished(() => void server.close())
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [run, secret] = [join(dataDir, 'run'), join(dataDir, 'secret')]
  const probe = join(run, 'probe')
  writeFileSync(secret, 'a secret of root')
  const puts: Record<string, () => void> = {
    link: () => symlinkSync(secret, probe),
    pipe: () => execFileSync('mkfifo', [probe]),
    device: () => symlinkSync('/dev/zero', probe),
    folder: () => mkdirSync(probe),
    ...(process.getuid?.() === 0 ? { anothers: () => putForAnother(probe) } : {}),
  }
  for (const [what, put] of Object.entries(puts)) {
    rmSync(run, { recursive: true, force: true })
    mkdirSync(run)
    put()
    expect(await askHealth(url, dataDir), what).toBe('it has not written its probe')
  }
  expect(shown).toEqual([])
  rmSync(run, { recursive: true })
  mkdirSync(run)
  writeFileSync(probe, 'ab12\n')
  await askHealth(url, dataDir)
  expect(shown).toEqual(['ab12'])
})

function putForAnother(probe: string) {
  writeFileSync(probe, 'ab12\n')
  chownSync(probe, 12345, 12345)
}

test.concurrent('the lock is none that others may take', async (t) => {
  const path = join(folder(t), 'lock.db')
  takeLock(path)()
  chmodSync(path, 0o644) // as an earlier release has left it
  takeLock(path)()
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

const NOBODY = 65534
/** Another user needs to reach this checkout. */
const canBeAnother =
  process.getuid?.() === 0 &&
  spawnSync(process.execPath, ['--version'], { uid: NOBODY, gid: NOBODY, cwd: '/' }).status === 0

test.runIf(canBeAnother)('links in the data folder have root look at nothing', async (t) => {
  const [dataDir, secrets] = [folder(t), folder(t)]
  for (const one of [dataDir, secrets]) chmodSync(one, 0o700)
  writeFileSync(join(secrets, 'large'), '')
  truncateSync(join(secrets, 'large'), 2 ** 43)
  symlinkSync(secrets, join(dataDir, 'models'))
  chownSync(dataDir, NOBODY, NOBODY)
  const data = rehearsalData(dataDir)
  await expect(data.copy(AbortSignal.timeout(60_000))).resolves.toBe(0)
  expect(existsSync(join(data.folder, 'models/large'))).toBe(true) // a link: for root alone it leads there
  await data.remove()
  expect(existsSync(join(secrets, 'large'))).toBe(true)
  symlinkSync(secrets, data.folder)
  await data.remove()
  expect(existsSync(join(secrets, 'large'))).toBe(true)
})
