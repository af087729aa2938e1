import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { BACKBONES, DEFAULT_BACKBONE } from '@ajar/models'
import { readAddressList } from './address-list.ts'
import { readOriginList } from './origin-list.ts'
import { oneOf, PROGRAMS_WORKER, readAll, SHARED, setting, type Values } from './read-settings.ts'
import { settingsOfRehearsal } from './rehearsal.ts'

const text = (value: string) => value
const optional = (value: string) => (value === '' ? null : value)
const file = (value: string) => (value === '' ? null : resolve(value))
const port = integer(0, 65535)
const flag = oneOf('0', '1')

const DAY_MS = 86_400_000
const UNITS: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 }
const LEAST_RETAINED = 1e6

/** Every setting of the server. README's table is checked against this list by a test. */
export const SETTINGS = {
  dataDir: SHARED.dataDir,
  httpHost: setting('AJAR_HTTP_HOST', '127.0.0.1', 'address of the HTTP listener', text),
  httpPort: setting('AJAR_HTTP_PORT', '20002', 'port of the HTTP listener; 0 takes any free port', port),
  mqttHost: setting('AJAR_MQTT_HOST', '127.0.0.1', 'address of the MQTT listener', text),
  mqttPort: setting(
    'AJAR_MQTT_PORT',
    '1883',
    'port of the plain MQTT listener; 0 takes any free port; `off`: none',
    (value) => (value === 'off' ? null : port(value)),
  ),
  mqttsPort: setting(
    'AJAR_MQTTS_PORT',
    '8883',
    'port of MQTT over TLS, where there is a certificate; 0 takes any free port',
    port,
  ),
  tlsCert: setting(
    'AJAR_TLS_CERT',
    '',
    'PEM file of a certificate and its chain: turns on HTTPS and MQTT over TLS; a new one is taken without a restart',
    file,
  ),
  tlsKey: setting('AJAR_TLS_KEY', '', "PEM file of the certificate's key", file),
  adminToken: setting('AJAR_ADMIN_TOKEN', '', 'the admin token; empty: one is made and printed once', adminToken),
  influxUrl: setting(
    'AJAR_INFLUX_URL',
    '',
    'where results go as points, `http://[user:password@]host:8086/database`; empty: nowhere',
    influxUrl,
  ),
  influxToken: setting(
    'AJAR_INFLUX_TOKEN',
    '',
    'token of InfluxDB 2.x, instead of a user and a password in the URL',
    influxToken,
  ),
  influxRetainMs: setting(
    'AJAR_INFLUX_RETAIN_DAYS',
    '',
    "days for which InfluxDB 1.x keeps points; empty: as the database's default policy says; rollups stay in any case",
    (value) => (value === '' ? null : integer(1, 36_500)(value) * DAY_MS),
  ),
  maxFrameBytes: setting(
    'AJAR_MAX_FRAME_BYTES',
    '2097152',
    'largest frame that is taken, in bytes',
    integer(1024, 67_108_864),
  ),
  maxImportBytes: setting(
    'AJAR_MAX_IMPORT_BYTES',
    '1GB',
    'largest zip of labelled pictures, or CSV of readings, that is taken at once',
    bytes,
  ),
  maxPendingAgeMs: setting(
    'AJAR_MAX_PENDING_AGE',
    '600',
    'seconds after which a frame that found no time to be classified is skipped; `infinite`: never',
    (value) => (value === 'infinite' ? Number.POSITIVE_INFINITY : integer(1, 31_536_000)(value) * 1000),
  ),
  retainMs: setting(
    'AJAR_RETAIN_DAYS',
    '14',
    'days after which frames go; labelled ones and those of transitions stay',
    (value) => integer(1, 36_500)(value) * DAY_MS,
  ),
  retainBytes: setting(
    'AJAR_RETAIN_BYTES',
    'auto',
    'what frames may take on the disk (`500MB`, `10GB`), then the oldest go; `auto`: 10 GB or half of the disk, whichever is less',
    (value) => (value === 'auto' ? null : bytes(value)),
  ),
  retainResultsMs: setting(
    'AJAR_RETAIN_RESULTS_DAYS',
    '90',
    'days after which results, transitions and readings go; sooner where they take a quarter of what frames may take',
    (value) => integer(1, 36_500)(value) * DAY_MS,
  ),
  retainHistoryMs: setting(
    'AJAR_RETAIN_HISTORY_DAYS',
    '3650',
    'days after which the hours go that tell of older results; not before the results themselves',
    (value) => integer(1, 36_500)(value) * DAY_MS,
  ),
  publicUrl: setting(
    'AJAR_PUBLIC_URL',
    '',
    'where people reach the console, `https://ajar.example.net`, for the links in messages to webhooks; empty: these are paths',
    publicUrl,
  ),
  webhookAllow: setting(
    'AJAR_WEBHOOK_ALLOW',
    '',
    'addresses and networks that webhooks of alerts may reach although they are private, loopback, or of a network that this machine is in, `192.168.1.20,fd00::/8`; empty: none',
    readAddressList,
  ),
  classifyWorkers: setting(
    'AJAR_CLASSIFY_WORKERS',
    'auto',
    'threads that classify; `auto`: one per core, at most 4',
    (value) => (value === 'auto' ? Math.min(4, availableParallelism()) : integer(1, 64)(value)),
  ),
  engine: setting(
    'AJAR_ENGINE',
    'auto',
    'what computes: `onnxruntime`, `tfjs-node` (`npm run engine -- tfjs-node` installs it), `wasm`, or `auto` (the first that loads)',
    oneOf('auto', 'onnxruntime', 'tfjs-node', 'wasm'),
  ),
  backbone: setting(
    'AJAR_BACKBONE',
    DEFAULT_BACKBONE,
    `backbone of new models: ${BACKBONES.map((name) => `\`${name}\``).join(' or ')}`,
    oneOf(...BACKBONES),
  ),
  worker: setting(
    'AJAR_WORKER',
    'own',
    'who starts the job worker, which trains and does operations: `own`: the server when it is needed, a second one for the laboratory beside a training; `external`: somebody else, as `npm start` and systemd do',
    oneOf('own', 'external'),
  ),
  deployDir: setting(
    'AJAR_DEPLOY_DIR',
    '',
    'where releases lie, and the redeployer listens; set by the unit and by `npm start`; empty: this server does not redeploy',
    file,
  ),
  releaseRemote: setting(
    'AJAR_RELEASE_REMOTE_URL',
    '',
    'git repository that releases come from: `https://...`, `ssh://...`, `user@host:path` or an absolute path; empty: none',
    releaseRemote,
  ),
  releaseSigners: setting(
    'AJAR_RELEASE_SIGNERS',
    '',
    'file of the SSH keys that may sign releases, as `allowed_signers` of ssh-keygen(1); empty: `/etc/ajar/allowed_signers` as a service, else `allowed_signers` in the data folder',
    file,
  ),
  releaseUnsigned: setting(
    'AJAR_RELEASE_UNSIGNED',
    '0',
    '1: releases that nobody has signed are deployed too: whoever writes to the repository then rules this machine',
    flag,
  ),
  releasesKept: setting('AJAR_RELEASES_KEPT', '5', 'releases that stay, to go back to', integer(2, 100)),
  releaseTrialMs: setting(
    'AJAR_RELEASE_TRIAL',
    '10',
    'seconds for which a new release has to answer well before it is kept',
    (value) => integer(1, 3600)(value) * 1000,
  ),
  rehearsal: setting(
    'AJAR_REHEARSAL',
    '0',
    '1: on a copy of the data, to see whether it starts: nothing goes out, no job is done; the redeployer sets it',
    (value) => flag(value) === '1',
  ),
  backupDir: setting(
    'AJAR_BACKUP_DIR',
    '',
    'where backups go, best on another disk; empty: `backups` in the data folder',
    file,
  ),
  backupsKept: setting('AJAR_BACKUPS_KEPT', '7', 'nightly backups that stay', integer(1, 1000)),
  backupAt: setting(
    'AJAR_BACKUP_AT',
    '03:15',
    'when a backup is made each night, by the clock of this machine; `off`: none is',
    backupAt,
  ),
  archiveDir: setting(
    'AJAR_ARCHIVE_DIR',
    '',
    'folder of FITS files that analysts find in the archive beside the frames; never written; empty: none',
    file,
  ),
  laboratoryBytes: setting(
    'AJAR_LABORATORY_BYTES',
    '5GB',
    'what uploads and results of data sessions may take on the disk together',
    bytes,
  ),
  laboratoryMs: setting(
    'AJAR_LABORATORY_DAYS',
    '30',
    'days after which a result goes that no operation shows any more',
    (value) => integer(1, 36_500)(value) * DAY_MS,
  ),
  tasksDir: setting(
    'AJAR_TASKS_DIR',
    '',
    'folder of tasks, beside those that come with ajar and before them; empty: `server/tasks` alone',
    file,
  ),
  taskMs: setting(
    'AJAR_TASK_SECONDS',
    '300',
    'seconds that a task may take, where it says nothing else itself',
    (value) => integer(1, 3000)(value) * 1000,
  ),
  taskMemoryBytes: setting(
    'AJAR_TASK_MEMORY',
    '1GB',
    'memory that a task and what it starts may take together, where it says nothing else itself',
    bytes,
  ),
  taskOutputBytes: setting(
    'AJAR_TASK_OUTPUT',
    '1GB',
    'what a task may write to the disk, where it says nothing else itself',
    bytes,
  ),
  programs: setting('AJAR_PROGRAMS', '1', '0: users run no programs of their own', flag),
  programsWorker: setting(
    'AJAR_PROGRAMS_WORKER',
    'own',
    'own: the server starts the worker that runs programs when it is needed; external: somebody else does, as another user',
    oneOf('own', 'external'),
  ),
  programsSocketDir: PROGRAMS_WORKER.programsSocketDir,
  programsSameUser: setting(
    'AJAR_PROGRAMS_SAME_USER',
    '0',
    '1: where no other user can be had (no `uidmap`, no /etc/subuid), programs and untrusted tasks run as the user of the worker, shut in by namespaces alone; 0: they do not run there',
    flag,
  ),
  programsAtOnce: setting(
    'AJAR_PROGRAMS_AT_ONCE',
    '2',
    'programs that run at once; others wait, and accounts take turns',
    integer(1, 16),
  ),
  programsPerUser: setting(
    'AJAR_PROGRAMS_PER_USER',
    '10',
    'runs of one account that may wait or run; one more is told that the server is busy',
    integer(1, 1000),
  ),
  programsWaiting: setting('AJAR_PROGRAMS_WAITING', '100', 'runs of all accounts that may wait', integer(1, 10_000)),
  programMs: setting(
    'AJAR_PROGRAM_SECONDS',
    '10',
    'seconds that a program may run; its build may take three times that',
    (value) => integer(1, 100)(value) * 1000,
  ),
  programMemoryBytes: setting(
    'AJAR_PROGRAM_MEMORY',
    '256MB',
    'memory that a program, its files and all that it starts may take together; a build may take twice that',
    bytes,
  ),
  programProcesses: setting(
    'AJAR_PROGRAM_PROCESSES',
    '100',
    'processes and threads that a program may have at once',
    integer(8, 10_000),
  ),
  programsOrigins: setting(
    'AJAR_PROGRAMS_ORIGINS',
    '',
    'servers whose pages may have programs run without a token where AJAR_LEGACY_OPEN=1, `https://learn.example.net`, and commas; `*`: any; empty: none',
    readOriginList,
  ),
  demo: setting('AJAR_DEMO', '1', '0: `npm start` runs no demo camera', flag),
  legacyOpen: setting('AJAR_LEGACY_OPEN', '0', "1: older clients' paths need no token; redeploy always does", flag),
  logLevel: SHARED.logLevel,
  logFile: setting(
    'AJAR_LOG_FILE',
    '',
    'file of JSON lines, four older ones beside it; a device such as a terminal is written without those, a link or a pipe is refused; empty: none, until it is switched on at run time, then `logs/ajar.log` in the data folder',
    file,
  ),
  logFileBytes: setting(
    'AJAR_LOG_FILE_BYTES',
    '50MB',
    'what that file and its older ones may take together, at least 1MB',
    bytes,
  ),
}

export type Settings = Values<typeof SETTINGS>

/**
 * Reads every setting once.
 * @throws SettingsError that names all unreadable settings together.
 */
export function readSettings(environment: Record<string, string | undefined>): Settings {
  const settings = readAll(SETTINGS, environment, ({ tlsCert, tlsKey, influxUrl, influxToken }) => [
    ...((tlsCert === null) === (tlsKey === null)
      ? []
      : ['AJAR_TLS_CERT and AJAR_TLS_KEY: both or neither is expected']),
    ...(influxToken && (influxUrl?.username || influxUrl?.password)
      ? ['AJAR_INFLUX_TOKEN, and a user in AJAR_INFLUX_URL: one of the two is expected']
      : []),
  ])
  return settings.rehearsal ? settingsOfRehearsal(settings) : settings
}

function integer(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
    if (!(number >= least && number <= most)) throw new Error(`a whole number from ${least} to ${most} is expected`)
    return number
  }
}

function bytes(value: string): number {
  const [, number = '', unit = 'B'] = /^(\d+(?:\.\d+)?) ?([kMGT]?B)?$/i.exec(value) ?? []
  const bytes = number === '' ? Number.NaN : Math.round(Number(number) * (UNITS[unit.toUpperCase()] ?? Number.NaN))
  if (!(bytes >= LEAST_RETAINED)) throw new Error('an amount such as 500MB or 10GB is expected, at least 1MB')
  return bytes
}

function adminToken(value: string): string | null {
  if (value !== '' && value.length < 16) throw new Error('at least 16 characters are expected')
  return optional(value)
}

function influxUrl(value: string): URL | null {
  if (value === '') return null
  const url = URL.parse(value)
  if (!url || !/^https?:$/.test(url.protocol) || !/^\/[^/]+$/.test(url.pathname) || !decodes(url))
    throw new Error('http://[user:password@]host:port/database is expected')
  return url
}

/** It stands in a header. */
function influxToken(value: string): string | null {
  if (!/^[\x21-\x7e]*$/.test(value)) throw new Error('a token of ASCII characters without spaces is expected')
  return optional(value)
}

/** @returns what stands before a path */
function publicUrl(value: string): string {
  if (value === '') return ''
  const url = URL.parse(value)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new Error('https://host[:port] is expected, as people reach the console')
  return url.href.replace(/\/+$/, '')
}

/** @returns what git is given; never an option, nor a program */
function releaseRemote(value: string): string | null {
  if (value === '') return null
  if (!/^(https:\/\/|ssh:\/\/|file:\/\/|\/|[\w.-]+@[\w.-]+:)[^\s]+$/.test(value))
    throw new Error('https://..., ssh://..., user@host:path or an absolute path is expected')
  return value
}

/** @returns minutes after midnight */
function backupAt(value: string): number | null {
  if (value === 'off') return null
  const [, hours = '', minutes = ''] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(value) ?? []
  if (hours === '') throw new Error('a time of day such as 03:15, or off, is expected')
  return Number(hours) * 60 + Number(minutes)
}

function decodes({ username, password, pathname }: URL): boolean {
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part)
    return true
  } catch {
    return false
  }
}
