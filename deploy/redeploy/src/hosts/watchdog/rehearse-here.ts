import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Environment } from '../../environment.ts'
import type { Rehearsal, RehearseOptions } from '../../host.ts'

const STOP_LIMIT_MS = 20_000
/** So many lines of it are kept to say why it ended, and go into the log of the redeploy. */
const LAST_LINES = 40
const MOST_LINES_LOGGED = 200

interface Listening {
  http: number
  tls?: boolean
}

/** Where nobody ever listens. */
const NOWHERE = 'http://127.0.0.1:0'

/**
 * Runs the server of a release as a child of ours, which ends when we do: its IPC channel closes then, as that of the real
 * one does with the watchdog. `options.signal` ends it.
 * @returns at once; its `url` leads nowhere until it listens, for it takes a port that is free then
 */
export async function rehearseHere(
  release: string,
  environment: Environment,
  { dataDir, log, signal }: RehearseOptions,
): Promise<Rehearsal> {
  signal.throwIfAborted()
  const server = spawn(join(release, 'bin/node'), [join(release, 'server/src/main.ts')], {
    env: rehearsalOf(environment, dataDir),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  server.on('message', () => {}) // heartbeats; without a listener they would be kept
  const heard = hear(server, log)
  const kill = () => void server.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  const ended = endOf(server).then((how) => {
    signal.removeEventListener('abort', kill)
    return [how, ...heard.lines].join('\n')
  })
  return {
    get url() {
      return heard.url
    },
    ended,
    stop: () => stopped(server, ended),
  }
}

/** As the real server's, but for what is its own alone: ports, files, and whoever listens to it. */
function rehearsalOf(environment: Environment, dataDir: string) {
  const { AJAR_MQTT_PORT, AJAR_TLS_CERT, AJAR_DEPLOY_DIR, AJAR_LOG_FILE, AJAR_BACKUP_DIR, ...rest } = environment
  return {
    ...rest,
    AJAR_REHEARSAL: '1',
    AJAR_DATA_DIR: dataDir,
    AJAR_WORKER: 'external',
    AJAR_HTTP_HOST: '127.0.0.1',
    AJAR_HTTP_PORT: '0',
    AJAR_MQTT_HOST: '127.0.0.1',
    AJAR_MQTT_PORT: AJAR_MQTT_PORT === 'off' ? 'off' : '0',
    ...(AJAR_TLS_CERT ? { AJAR_TLS_CERT, AJAR_MQTTS_PORT: '0' } : {}),
  }
}

/** Lines of JSON are for machines, the others for people. */
function hear(server: ChildProcess, log: RehearseOptions['log']) {
  const heard = { url: NOWHERE, lines: [] as string[] }
  let logged = 0
  const take = (line: string) => {
    heard.lines.push(line)
    if (heard.lines.length > LAST_LINES) heard.lines.shift()
    logged += 1
    if (logged <= MOST_LINES_LOGGED) log('info', line)
  }
  const read = (stream: NodeJS.ReadableStream | null, onLine: (line: string) => void) =>
    stream && createInterface({ input: stream }).on('line', onLine)
  read(server.stderr, take)
  read(server.stdout, (line) => {
    if (!line.startsWith('{')) return take(line)
    if (!line.startsWith('{"listening":')) return
    const { http, tls } = (JSON.parse(line) as { listening: Listening }).listening
    heard.url = `${tls ? 'https' : 'http'}://127.0.0.1:${http}`
  })
  return heard
}

async function endOf(server: ChildProcess): Promise<string> {
  try {
    const [code, signal] = await once(server, 'close')
    return `it ended (${signal ?? code})`
  } catch (error) {
    return `it cannot be started: ${(error as Error).message}`
  }
}

async function stopped(server: ChildProcess, ended: Promise<string>) {
  server.kill('SIGTERM')
  const limit = setTimeout(() => server.kill('SIGKILL'), STOP_LIMIT_MS)
  await ended
  clearTimeout(limit)
}
