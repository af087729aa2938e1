import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Started } from './started.ts'
import { until } from './system.ts'
import { Variants } from './variants.ts'

/** `npm start` takes releases of a repository, goes back from a bad one, and finishes what a kill has cut short. */

interface Run {
  job: string
  state: string
  step: string | null
  code: string | null
  message: string | null
  release: string | null
  downMs: number | null
}

interface ReleasesBody {
  items: { id: string; state: string; signer: string | null; isCurrent: boolean; isTrusted: boolean }[]
  current: string | null
  redeploy: string | null
}

const CRASHES = "if (process.env.AJAR_REHEARSAL !== '1') throw new Error('this release is no good')"
/** Installs and builds for real, on what the test has of a machine. */
const LONG = { timeout: 1_800_000 }
const INSTALL_MS = 600_000
const TRIAL_S = 5

async function world() {
  const folder = await mkdtemp(join(tmpdir(), 'ajar-redeploy-'))
  const variants = new Variants(folder)
  const dataDir = join(folder, 'data')
  const systems: Started[] = []
  onTestFinished(async () => {
    for (const system of systems) await system.process.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const start = () => {
    const system = new Started(
      dataDir,
      {
        AJAR_RELEASE_REMOTE_URL: variants.url,
        AJAR_RELEASE_SIGNERS: variants.signersFile,
        AJAR_RELEASE_TRIAL: String(TRIAL_S),
      },
      join(variants.checkout, 'deploy/local/start.ts'),
    )
    systems.push(system)
    return system
  }
  const home = join(dataDir, 'deploy')
  const runOf = (job: string): Run | null => {
    const file = join(home, 'redeploy', 'runs', `${job}.json`)
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
  }
  const ended = (job: string) =>
    until(() => {
      const run = runOf(job)
      return run !== null && run.state !== 'running' && run
    }, INSTALL_MS)
  const pending = (phase: string) =>
    until(() => {
      const file = join(home, 'redeploy', 'pending.json')
      return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).phase === phase
    }, INSTALL_MS)
  return { variants, dataDir, start, ended, pending }
}

/** Once the server has seen that the one before has ended. */
async function redeploy(system: Started, what: { ref: string } | { release: string | null }): Promise<string> {
  await until(async () => (await releases(system)).redeploy === null)
  return (await system.api.send<{ id: string }>('POST', '/api/redeploy', what)).id
}
const releases = (system: Started) => system.api.get<ReleasesBody>('/api/releases')
const pidIn = (dataDir: string, name: string) =>
  until(() => {
    const file = join(dataDir, 'run', `${name}.pid`)
    return existsSync(file) && Number(readFileSync(file, 'utf8').split('\n')[0])
  })

test('a good release stays, a bad one goes back, a kill of redeployer or watchdog is finished', LONG, async () => {
  const { variants, dataDir, start, ended, pending } = await world()
  for (const name of ['good', 'better']) variants.push(name, '')
  variants.push('bad', CRASHES)
  const first = start()
  await first.running('worker')
  expect(await releases(first)).toMatchObject({ items: [], current: null })

  // Good.
  const good = await ended(await redeploy(first, { ref: 'good' }))
  expect(good).toMatchObject({ state: 'kept', code: null })
  expect(await releases(first)).toMatchObject({
    current: good.release,
    items: [{ id: good.release, state: 'good', signer: 'somebody@example.com', isCurrent: true, isTrusted: true }],
  })
  expect(first.listening.at(-1), 'at the same port').toEqual(first.listening[0])

  // Bad: it starts where it is rehearsed, and crashes for real.
  const bad = await ended(await redeploy(first, { ref: 'bad' }))
  expect(bad).toMatchObject({ state: 'went_back', code: 'crashed' })
  expect(await releases(first)).toMatchObject({ current: good.release })
  console.log(`downtime: good ${good.downMs} ms, bad ${bad.downMs} ms`)

  // kill -9 of the redeployer on trial.
  const job = await redeploy(first, { ref: 'better' })
  await pending('trial')
  process.kill(await pidIn(dataDir, 'redeployer'), 'SIGKILL')
  const better = await ended(job)
  expect(better).toMatchObject({ state: 'kept' })
  expect(await releases(first)).toMatchObject({ current: better.release })

  // kill -9 of the watchdog on trial: its children end, and the next start goes on.
  const last = await redeploy(first, { release: good.release })
  await pending('trial')
  const redeployer = await pidIn(dataDir, 'redeployer')
  first.process.kill('SIGKILL')
  await until(() => !existsSync(`/proc/${redeployer}`))
  const second = start()
  expect(await ended(last)).toMatchObject({ state: 'kept', release: good.release })
  expect(second.lines).toContain('A redeploy was cut short: it is finished or undone now.')
  expect(await releases(second)).toMatchObject({ current: good.release })
  await second.process.stop()

  // What was kept goes on, for the checkout has not changed since.
  const third = start()
  await third.running('server')
  expect(third.lines.join('\n')).toContain(`Release ${good.release} runs`)
  expect(await releases(third)).toMatchObject({ current: good.release })
})
