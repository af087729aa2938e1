import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../../test/setup/free-port.ts'
import { homeAt } from '../../src/home/home.ts'
import { readRun } from '../../src/home/run-file.ts'
import type { PrintedSpan, ServerProcess } from '../../src/host.ts'
import type { Request } from '../../src/requests/request.ts'
import type { Behaviour } from './fake-server.ts'

const SERVER = fileURLToPath(new URL('./fake-server.ts', import.meta.url))
const REDEPLOYER = fileURLToPath(new URL('./redeployer-process.ts', import.meta.url))
const KILL_AT = fileURLToPath(new URL('./kill-at.ts', import.meta.url))

/** A machine with releases, the server of the one that is current, and redeployers: all of them real processes. */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'ajar-redeploy-'))
  readonly home = homeAt(join(this.folder, 'deploy'))
  readonly dataDir = join(this.folder, 'data')
  readonly #control: Server
  #port = 0
  #scheme = 'http'
  #server: ChildProcess | null = null
  #serves: string | null = null
  #crashes = 0
  /** What servers said. */
  readonly #printed: { at: number; pid: number | undefined; text: string }[] = []
  /** What the redeployers asked for. */
  readonly calls: string[] = []
  /** Restarts fail. */
  cannotRestart = false
  /** Releases whose units were brought. */
  prepared: string | null = null
  readonly #redeployers = new Set<ChildProcess>()

  private constructor() {
    this.#control = createServer(async (request, response) => {
      const name = (request.url ?? '').slice(1)
      const body = (await json(request)) as Asked
      const answer = await this.#answer(name, body).catch(() => undefined)
      if (answer === undefined) response.destroy()
      else response.end(JSON.stringify(answer))
    })
  }

  /** With release `a` as the installer leaves it: current and trusted, and in no ledger. It runs. */
  static async start(behaviour: Behaviour = {}): Promise<Machine> {
    const machine = new Machine()
    mkdirSync(machine.dataDir, { recursive: true })
    const state = new DatabaseSync(join(machine.dataDir, 'state.db'))
    state.exec('pragma journal_mode = wal; create table door (name text); insert into door values (1)')
    state.close()
    machine.addRelease('a', behaviour)
    for (const link of [machine.home.current, machine.home.trusted]) symlinkSync('releases/a', link)
    machine.#control.listen(0, '127.0.0.1')
    await once(machine.#control, 'listening')
    machine.#port = await freePort()
    if (behaviour.tls) machine.#scheme = 'https'
    machine.startServer()
    return machine
  }

  addRelease(id: string, behaviour: Behaviour = {}) {
    const folder = join(this.home.releases, id)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'behaviour.json'), JSON.stringify(behaviour))
    writeFileSync(join(folder, 'complete'), `${id}\n`)
  }

  get current(): string | null {
    return linked(this.home.current)
  }

  get trusted(): string | null {
    return linked(this.home.trusted)
  }

  /** The release whose server runs. */
  get runs(): string | null {
    return this.#server === null ? null : this.#serves
  }

  run(job: string) {
    return readRun(this.home, job)
  }

  log(job: string): string {
    const path = join(this.home.runs, `${job}.log`)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  /**
   * Runs a redeployer to its end: `redeploy` does one request, `recover` what is left of one, `boot` what comes before a start.
   * @returns its exit code; null where it was killed
   */
  async redeployer(command: 'redeploy' | 'recover' | 'boot' | 'serve', options: RedeployerOptions = {}) {
    const { request, killAt, limits = {}, settings = {}, environment = {} } = options
    const args = killAt === undefined ? [REDEPLOYER] : ['--import', KILL_AT, REDEPLOYER]
    // The number of the process is known within it alone, and `exec` keeps it.
    const script = 'LISTEN_PID=$$ exec "$0" "$@"'
    const child = spawn('sh', ['-c', script, process.execPath, '--no-warnings', ...args, command], {
      stdio: ['ignore', 'pipe', 'pipe', options.socket ?? 'ignore'],
      env: {
        ...process.env,
        CONTROL: `http://127.0.0.1:${(this.#control.address() as AddressInfo).port}`,
        MACHINE: JSON.stringify({ home: this.home.folder, dataDir: this.dataDir, settings, request, limits }),
        KILL_AT: String(killAt ?? ''),
        KILL_BELOW: this.home.folder,
        LISTEN_FDS: options.socket === undefined ? '0' : '1',
        ...environment,
      },
    })
    this.#redeployers.add(child)
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (part) => {
        said += part
      })
    options.onStart?.(child)
    const [code] = await once(child, 'close')
    this.#redeployers.delete(child)
    return { code: code as number | null, said }
  }

  startServer() {
    this.#serves = this.current
    const release = join(this.home.releases, this.current ?? 'none')
    const args = ['--no-warnings', SERVER, release, this.dataDir, String(this.#port)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    createInterface({ input: child.stderr }).on('line', (text) =>
      this.#printed.push({ at: Date.now(), pid: child.pid, text }),
    )
    child.once('exit', () => {
      if (this.#server !== child) return
      this.#crashes += 1
      setTimeout(() => this.#server === child && this.startServer(), 100)
    })
    this.#server = child
  }

  /** Resolves when the server takes connections. */
  async ready() {
    while (!(await connects(this.#port))) await delay(20)
  }

  async stopServer() {
    const child = this.#server
    this.#server = null
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async close() {
    for (const child of this.#redeployers) child.kill('SIGKILL')
    await this.stopServer()
    this.#control.closeAllConnections()
    this.#control.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #answer(name: string, { force, release, from = 0, to = 0, but }: Asked): Promise<unknown> {
    this.calls.push(force ? `${name} by force` : name)
    if (name === 'serverUrl') return `${this.#scheme}://127.0.0.1:${this.#port}`
    if (name === 'prepare') this.prepared = release ? basename(release) : null
    if (name === 'serverProcess') return this.#process
    if (name === 'serverLines')
      return this.#printed.filter(({ at, pid }) => at >= from && at <= to && pid !== but).map(({ text }) => text)
    if (name === 'restart') {
      if (this.cannotRestart) throw new Error('no')
      await this.stopServer()
      this.#crashes = 0
      this.startServer()
    }
    return null
  }

  get #process(): ServerProcess {
    const state = this.#server === null ? 'stopped' : 'running'
    return { pid: this.#server?.pid ?? null, crashes: this.#crashes, state }
  }
}

interface Asked extends Partial<PrintedSpan> {
  force?: boolean
  release?: string | null
}

/** Milliseconds: shorter than in earnest, or as a test needs them. */
export interface Limits {
  /** For so long a rehearsal may take to be ready, and a release on trial at least. */
  preflightMs?: number
  leastReadyMs?: number
  /** For so long the release before may take at least. */
  backReadyMs?: number
  /** Between two looks at frames before the switch. */
  frameMs?: number
  devicesBackMs?: number
  /** `serve` ends after so long without work. */
  idleMs?: number
}

export interface RedeployerOptions {
  request?: Partial<Request>
  /** It kills itself before this operation on files. */
  killAt?: number
  settings?: { kept?: number; trialMs?: number; remote?: string }
  limits?: Limits
  /** A descriptor of a socket that listens. */
  socket?: number
  environment?: Record<string, string>
  onStart?(child: ChildProcess): void
}

function linked(link: string): string | null {
  try {
    return basename(readlinkSync(link))
  } catch {
    return null
  }
}

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}
