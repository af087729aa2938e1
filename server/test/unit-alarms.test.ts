import { execFile } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Events } from '../src/database/events.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Logging } from '../src/logging/logging.ts'
import type { ProcessAlarm } from '../src/processes/process-alarms.ts'
import { Processes } from '../src/processes/processes.ts'
import { unitAlarm, watchUnitAlarms } from '../src/processes/unit-alarms.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ALARM = fileURLToPath(new URL('../../deploy/systemd/alarm.sh', import.meta.url))

test('what the alarm of a unit leaves is told once, and its file goes', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const env = {
    ...process.env,
    STATE_DIRECTORY: folder,
    MONITOR_SERVICE_RESULT: 'signal',
    MONITOR_EXIT_STATUS: 'KILL',
  }
  const { stdout } = await promisify(execFile)(ALARM, ['ajar-worker.service'], { env })
  expect(stdout).toMatch(/^<1>ajar-worker\.service has given up \(signal, KILL\)/)
  const alarms = join(folder, 'run', 'alarms')
  const message = await new Promise((resolve) => watchUnitAlarms(alarms, resolve))
  expect(unitAlarm(message)).toMatchObject({
    process: 'worker',
    level: 'error',
    state: 'failed',
    lastExit: { code: null, signal: 'SIGKILL', why: 'exit', atMs: expect.any(Number) },
  })
  expect(await readdir(alarms)).toEqual([])
})

test.each([
  ['watchdog', 'ABRT', { why: 'hang', signal: 'SIGABRT', code: null }],
  ['timeout', 'TERM', { why: 'start_timeout', signal: 'SIGTERM' }],
  ['exit-code', '2', { why: 'exit', code: 2, signal: null }],
  ['unknown', '', { why: 'exit', code: null, signal: null }],
])('systemd says %s %s', (result, status, lastExit) => {
  expect(unitAlarm({ unit: 'ajar-server.service', result, status, atMs: 1 })).toMatchObject({
    process: 'server',
    lastExit,
  })
})

test('a message of another kind is no alarm', () => {
  for (const message of [null, {}, 'text', { processes: [] }]) expect(unitAlarm(message)).toBe(null)
})

test('an alarm whose file cannot be removed is told once, and a later one of the same unit again', async () => {
  const folder = await temporaryFolder(onTestFinished)
  const file = join(folder, 'ajar-worker.service.json')
  const alarm = (atMs: number) => ({ unit: 'ajar-worker.service', result: 'signal', status: 'KILL', atMs })
  const taken: unknown[] = []
  await writeFile(file, JSON.stringify(alarm(1)))
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  watchUnitAlarms(folder, (message) => taken.push(message))
  const look = async () => {
    vi.advanceTimersByTime(5000)
    await until(async () => (await readdir(folder)).length === 0)
  }
  await look()
  await writeFile(file, JSON.stringify(alarm(1))) // as if it had stayed
  await look()
  await writeFile(file, JSON.stringify(alarm(2)))
  await look()
  await until(() => taken.length === 2)
  expect(taken).toEqual([alarm(1), alarm(2)])
})

test('whoever gave up stands in health until it is known to run again; the server for an hour', async () => {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const events = new Events()
  const told: ProcessAlarm[] = []
  events.subscribe((rows) => told.push(...rows.map((row) => JSON.parse(row.data_json))))
  const workers: { pid: number; startedAtMs: number }[] = []
  const logging = new Logging({
    level: 'warn',
    file: { path: '', maxBytes: 0, enabled: false },
    print: () => {},
  })
  const processes = new Processes({
    ...{ database, events, logging, workers: { list: () => workers, leave: () => 0 } },
    isOnTrial: () => false,
  })
  let take: (message: unknown) => void = () => {}
  processes.supervisedBy({
    restart: () => {},
    listen: (listener) => {
      take = listener
    },
  })
  const gaveUp = (unit: string, atMs: number) => take({ unit, result: 'signal', status: 'KILL', atMs })
  expect(processes.health.level).toBe('ok')
  gaveUp('ajar-worker.service', Date.now())
  gaveUp('ajar-server.service', performance.timeOrigin - 1000)
  expect(processes.health).toMatchObject({
    level: 'error',
    text: expect.stringMatching(/the worker gave up at .*the server gave up at .*it runs again since/),
  })
  workers.push({ pid: 1, startedAtMs: Date.now() })
  logging.of('worker').warn('a line of the worker')
  logging.of('server').warn('a line of the server')
  expect(processes.list()[1]?.log).toEqual([expect.stringContaining('a line of the worker')])
  processes.workerConnected()
  expect(processes.health).toMatchObject({ level: 'warn', text: expect.stringMatching(/^the server gave up at/) })
  await until(() => told.length === 4)
  expect(told.map(({ process, level }) => [process, level])).toEqual(
    expect.arrayContaining([
      ['worker', 'error'],
      ['worker', 'ok'],
      ['server', 'error'],
      ['server', 'ok'],
    ]),
  )
})
