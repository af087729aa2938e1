import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { Receiver } from './receiver.ts'
import { addRule } from './rule-with-webhook.ts'
import { RunningServer, settingsFor, until } from './running-server.ts'
import { SilentInflux } from './silent-influx.ts'
import { temporaryFolder } from './temporary-folder.ts'

const MAIN = join(import.meta.dirname, '../src/main.ts')
const ALLOWED = { AJAR_WEBHOOK_ALLOW: '127.0.0.1' }
const JOB = 'job-that-waits'
const SCHEDULE = 'schedule-that-is-due'
/** It holds from the start on, and fires a second later. */
const LATE_RULE = 'rule-that-fires-late'

/** A data folder where much is to be done at once: a message to a webhook, a job, a schedule, room on the disk. */
async function dataOfBusyServer() {
  const dataDir = await temporaryFolder(onTestFinished)
  const free = await Receiver.start(onTestFinished, 'whsec_')
  await free.close()
  const server = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir, ...ALLOWED })
  const full = { name: 'full', kind: 'disk', params: { freeBytes: 1e15 }, forMs: 0 }
  const webhook = { url: `http://127.0.0.1:${free.port}/hook` }
  const rule = (await server.call('POST', '/api/alert-rules', { ...full, webhook })).body
  await until(async () => (await server.call('GET', `/api/alert-rules/${rule.id}`)).body.delivery?.lastError)
  await server.app.close()
  const database = await openStateDatabase(dataDir)
  const common = { camera: null, params_json: '{}', owner: 'ann', created_at: 1 }
  const none = { phase: null, result_json: null, error_json: null, started_at: null, finished_at: null }
  await database.write
    .insertInto('jobs')
    .values({
      ...{ ...common, ...none, id: JOB, kind: 'influx_backfill', state: 'queued', progress: 0, starts: 0, failures: 0 },
      ...{ run_at: null, schedule: null, once_key: null },
    })
    .execute()
  await database.write
    .insertInto('schedules')
    .values({
      ...{ ...common, id: SCHEDULE, kind: 'training', cron: '0 0 1 1 *', timezone: 'UTC' },
      ...{ paused: 0, next_at: 2, last_job: null },
    })
    .execute()
  await addRule(database, LATE_RULE, null)
  const late = { kind: 'disk', params_json: '{"freeBytes":1e15}', for_ms: 1000 }
  await database.write.updateTable('alert_rules').where('id', '=', LATE_RULE).set(late).execute()
  await database.close()
  rmSync(join(dataDir, 'ballast.bin'))
  return { dataDir, port: free.port, secret: rule.webhook.secret as string }
}

async function hasFired(dataDir: string, rule: string): Promise<boolean> {
  const database = await openStateDatabase(dataDir)
  try {
    const alerts = database.read.selectFrom('alerts').select('state').where('rule', '=', rule)
    return (await alerts.execute()).some(({ state }) => state === 'firing')
  } finally {
    await database.close()
  }
}

/** What of that is done still. */
async function undone(dataDir: string) {
  const database = await openStateDatabase(dataDir)
  try {
    const job = await database.read.selectFrom('jobs').selectAll().where('id', '=', JOB).executeTakeFirstOrThrow()
    const { next_at } = await database.read.selectFrom('schedules').selectAll().executeTakeFirstOrThrow()
    return { job: job.state, schedule: next_at, ballast: existsSync(join(dataDir, 'ballast.bin')) }
  } finally {
    await database.close()
  }
}

test('a server that only rehearses its start reaches nobody, does no job and takes no socket of the real one', async () => {
  const { dataDir, port, secret } = await dataOfBusyServer()
  const receiver = await Receiver.start(onTestFinished, secret, undefined, port)
  const influx = await SilentInflux.start(onTestFinished, () => ({ status: 204 }))
  const inherited = createServer().listen(0, '127.0.0.1')
  await once(inherited, 'listening')
  onTestFinished(() => void inherited.close())
  const { fd } = (inherited as Server & { _handle: { fd: number } })._handle
  const logFile = join(await temporaryFolder(onTestFinished), 'ajar.log')
  const env = {
    ...process.env,
    ...{ AJAR_REHEARSAL: '1', AJAR_DATA_DIR: dataDir, AJAR_HTTP_PORT: '0', AJAR_HTTP_HOST: '0.0.0.0' },
    // Nobody may listen there: a rehearsal has an MQTT port of its own.
    ...{ AJAR_MQTT_HOST: '192.0.2.1', AJAR_MQTT_PORT: '1', AJAR_CLASSIFY_WORKERS: '1' },
    ...{ AJAR_INFLUX_URL: influx.url(), AJAR_LOG_FILE: logFile, ...ALLOWED },
    ...{ LISTEN_FDS: '1', LISTEN_FDNAMES: 'http' },
  }
  const script = 'LISTEN_PID=$$ exec "$0" "$@"'
  const child = spawn('sh', ['-c', script, process.execPath, MAIN], { env, stdio: ['ignore', 'pipe', 'inherit', fd] })
  const ended = once(child, 'close')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  let printed = ''
  child.stdout?.on('data', (text) => {
    printed += text
  })
  const line = await until(() => /\{"listening".*\}/.exec(printed)?.[0])
  const { http } = JSON.parse(line).listening
  expect(http).not.toBe((inherited.address() as { port: number }).port)
  const headers = { 'x-ajar-probe': readFileSync(join(dataDir, 'run', 'probe'), 'utf8').trim() }
  const ready = await until(async () => {
    const response = await fetch(`http://127.0.0.1:${http}/api/health/ready`, { headers })
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    return response.ok && ((await response.json()) as any)
  })
  // Plain listeners that others reach would be a warning.
  expect(ready.checks.filter(({ level }: { level: string }) => level !== 'ok')).toEqual([])
  // Alerts start last: with the second of this rule a server that rehearses nothing has begun with all of it, as below.
  await until(() => hasFired(dataDir, LATE_RULE))
  child.kill('SIGTERM')
  expect((await ended)[0]).toBe(0)

  expect(printed).not.toContain('"admin"')
  expect({ asked: influx.asked, received: receiver.received, log: existsSync(logFile) }).toEqual({
    ...{ asked: [], received: [], log: false },
  })
  expect(await undone(dataDir)).toEqual({ job: 'queued', schedule: 2, ballast: false })

  const real = await RunningServer.start(onTestFinished, {
    ...{ AJAR_DATA_DIR: dataDir, AJAR_INFLUX_URL: influx.url(), ...ALLOWED },
  })
  await until(() => influx.asked.length > 0 && receiver.received.length > 0)
  await until(async () => (await real.call('GET', `/api/jobs/${JOB}`)).body.state === 'failed')
  await until(async () => (await real.call('GET', `/api/schedules/${SCHEDULE}`)).body.nextAt > '2026')
  await until(() => existsSync(join(dataDir, 'ballast.bin')))
})

test('it goes by settings of its own, whatever the service has', () => {
  const given = {
    ...{ AJAR_REHEARSAL: '1', AJAR_DEPLOY_DIR: '/opt/ajar', AJAR_MQTT_PORT: 'off', AJAR_INFLUX_URL: 'http://i/d' },
    ...{ AJAR_HTTP_HOST: '0.0.0.0', AJAR_MQTT_HOST: '::' },
  }
  expect(settingsFor('/data', given)).toMatchObject({
    ...{ dataDir: '/data', httpHost: '127.0.0.1', mqttHost: '127.0.0.1', mqttPort: null, mqttsPort: 0 },
    ...{ influxUrl: null, logFile: null, deployDir: null, backupAt: null },
  })
  const { httpHost, influxUrl, deployDir } = settingsFor('/data', { ...given, AJAR_REHEARSAL: '0' })
  expect([httpHost, influxUrl?.host, deployDir]).toEqual(['0.0.0.0', 'i', '/opt/ajar'])
})
