import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openEngine } from '@ajar/models'
import { expect, onTestFinished, test } from 'vitest'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const MAIN = join(import.meta.dirname, '../src/main.ts')
/** Faults from outside, at a signal: loaded into the process before its own code. */
const FAULTS = `
  process.on('SIGUSR2', () => { Promise.reject(new Error('nobody waited')) })
  process.on('SIGWINCH', () => { throw new Error('nothing caught') })`
const PRELOAD = `data:text/javascript,${encodeURIComponent(FAULTS)}`

/** The server as a process of its own, once it listens. */
async function run(settings: Record<string, string> = {}) {
  const dataDir = join(await temporaryFolder(onTestFinished), 'made')
  const env = {
    ...process.env,
    AJAR_DATA_DIR: dataDir,
    AJAR_HTTP_PORT: '0',
    AJAR_MQTT_PORT: '0',
    AJAR_CLASSIFY_WORKERS: '1',
    ...settings,
  }
  const child = spawn(process.execPath, ['--import', PRELOAD, MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close').then(([code]) => code)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let out = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  let errors = ''
  child.stderr.on('data', (text) => {
    errors += text
  })
  await until(() => out.includes('"listening"') || child.exitCode !== null)
  return { child, dataDir, ended, output: () => out, errors: () => errors }
}

test('nobody else on the machine reads the data folder; SIGTERM ends the server in order', async () => {
  const { child, dataDir, ended } = await run()
  const entries = readdirSync(dataDir, { recursive: true }) as string[]
  expect(entries).toContain('state.db')
  for (const name of ['', ...entries]) expect(statSync(join(dataDir, name)).mode & 0o077).toBe(0)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
})

test('signals that come while the server ends in order do not cut that short', async () => {
  const { child, dataDir, ended } = await run()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
    child.kill(signal)
    await sleep(3)
  }
  expect(await ended).toBe(0)
  // SQLite takes its log away when the last connection is closed.
  expect(readdirSync(dataDir).filter((name) => name.endsWith('-wal'))).toEqual([])
})

test.each([
  ['SIGUSR2', 'nobody waited'],
  ['SIGWINCH', 'nothing caught'],
] as const)('a fault that nothing handles is logged before the server ends (%s)', async (signal, why) => {
  const { child, ended, output } = await run()
  child.kill(signal)
  expect(await ended).toBe(1)
  expect(output()).toMatch(new RegExp(`FATAL .*ajar ends\n.*${why}`))
})

test('an engine asked for by name that does not load ends the start, and says why', async (context) => {
  const missing = await openEngine({ engine: 'tfjs-node' }).then(
    (engine) => engine.close().then(() => false),
    () => true,
  )
  context.skip(!missing, 'tfjs-node is installed here')
  const { child, ended, errors } = await run({ AJAR_ENGINE: 'tfjs-node' })
  expect(await ended).toBe(1)
  expect(child.signalCode).toBeNull()
  expect(errors()).toMatch(/ajar cannot start: .*tfjs-node.*npm run engine -- tfjs-node/)
})
