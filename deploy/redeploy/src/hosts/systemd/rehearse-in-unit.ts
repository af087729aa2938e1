import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Environment } from '../../environment.ts'
import type { Rehearsal, RehearseOptions } from '../../host.ts'
import { serviceOf } from './service-of.ts'
import { run, systemctl } from './systemctl.ts'

/** Units that only this boot knows. */
const FOLDER = '/run/systemd/system'
const NAME = 'ajar-rehearsal'
/** Longer than any start may take; the redeployer has a limit of its own. */
const LONGEST_S = 30 * 60
const STOP_S = 5
const JOURNAL_MS = 5000
const LAST_LINES = 40

/**
 * Runs the server of a release as its unit would: as the same user, in the same sandbox, with the same settings; but it can
 * write nowhere than to the copy of the data, and reach nothing than this machine. What V8 compiles of it is kept where the
 * real start looks for it. systemd ends it in any case: when the redeployer ends, or after half an hour.
 *
 * Not by systemd-run, which knows less of a unit's lines, and needs D-Bus.
 */
export async function rehearseInUnit(
  release: string,
  environment: Environment,
  { dataDir, log, signal }: RehearseOptions,
): Promise<Rehearsal> {
  await endLeftOvers()
  signal.throwIfAborted()
  const port = await freePort()
  const unit = `${NAME}-${process.pid}-${port}.service`
  const file = join(FOLDER, unit)
  writeFileSync(file, unitText(release, { dataDir, port }))
  const ended = ending(unit).finally(() => rmSync(file, { force: true }))
  const stop = async () => {
    signal.removeEventListener('abort', stop)
    await systemctl(['stop', unit]).catch((error: Error) => log('warn', `the rehearsal did not stop: ${error.message}`))
    await ended
  }
  signal.addEventListener('abort', stop)
  log('info', `its output: journalctl -u ${unit}`)
  return { url: `${environment.AJAR_TLS_CERT ? 'https' : 'http'}://127.0.0.1:${port}`, ended, stop }
}

/** Those of a redeployer that was killed. */
async function endLeftOvers() {
  await systemctl(['stop', `${NAME}-*.service`]).catch(() => {}) // there is none
}

/** Of Type=oneshot: its start is under way until it ends, and whoever asked for that is told how. */
async function ending(unit: string): Promise<string> {
  await systemctl(['start', unit], LONGEST_S * 1000).catch(() => {}) // the journal says more
  const args = ['--unit', unit, '--lines', String(LAST_LINES), '--output', 'cat', '--no-pager']
  return run('journalctl', args, JOURNAL_MS).catch((error: Error) => `its output cannot be read: ${error.message}`)
}

/** As the unit of the release, but for what is the real server's alone. */
function unitText(release: string, { dataDir, port }: { dataDir: string; port: number }): string {
  const own = {
    AJAR_REHEARSAL: '1',
    AJAR_DATA_DIR: dataDir,
    AJAR_HTTP_HOST: '127.0.0.1',
    AJAR_HTTP_PORT: port,
    AJAR_MQTT_HOST: '127.0.0.1',
    AJAR_MQTT_PORT: 0,
    AJAR_MQTTS_PORT: 0,
    AJAR_LOG_FILE: '',
    AJAR_BACKUP_DIR: '',
    AJAR_PROGRAMS_SOCKET_DIR: '',
  }
  const words = Object.entries(own).map(([name, value]) => `"${name}=${value}"`)
  const bound = boundTo()
  return [
    '[Unit]',
    `Description=ajar: rehearsal of ${release}`,
    'CollectMode=inactive-or-failed',
    ...(bound ? [`BindsTo=${bound}`, `After=${bound}`] : []),
    '[Service]',
    ...serviceOf(readFileSync(join(release, 'deploy/systemd/ajar-server.service'), 'utf8')),
    'Type=oneshot',
    `TimeoutStartSec=${LONGEST_S}`,
    `TimeoutStopSec=${STOP_S}`,
    `WorkingDirectory=${release}`,
    // By env: what EnvironmentFile says would win over Environment.
    `ExecStart=/usr/bin/env -u AJAR_DEPLOY_DIR ${words.join(' ')} ${release}/bin/node ${release}/server/src/main.ts`,
    'ReadWritePaths=', // those of the real server are none of its
    `ReadWritePaths="${dataDir}"`,
    'IPAddressDeny=any',
    'IPAddressAllow=localhost',
    // The server has the memory first, and the processor.
    'MemoryMax=50%',
    'OOMScoreAdjust=800',
    'OOMPolicy=stop',
    'CPUWeight=50',
    'Nice=5',
    '',
  ].join('\n')
}

/** The unit that we run in, where we are one: not at somebody's terminal. */
function boundTo(): string | null {
  const cgroups = readFileSync('/proc/self/cgroup', 'utf8')
  return /\/(ajar-redeploy\.service)$/m.exec(cgroups)?.[1] ?? null
}

/** Known before the start, so that whoever waits for an answer can ask at once. */
async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer().on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number }
    server.close(() => resolve(port))
  })
  return promise
}
