import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { unitAlarm, watchUnitAlarms } from '../src/processes/unit-alarms.ts'
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
