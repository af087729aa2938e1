import { type ChildProcess, type ChildProcessByStdio, execFile, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { until } from '../journeys/system.ts'
import { Relay } from './relay.ts'

const KEEPER = fileURLToPath(new URL('./keeper.sh', import.meta.url))
export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url))
const HIERARCHIES = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd']
/** Memory that a machine's layer may take unless told, as `mount` takes it: an installation is half a gigabyte. */
const SIZE = '2g'
const BOOT_LIMIT_MS = 60_000
const RUN_LIMIT_MS = 60_000
const ASK_LIMIT_MS = 5_000
const GRACE_MS = 10_000
/** Exit code of a program that SIGKILL ended. */
const KILLED = 137
const MOST_OUTPUT = 64 * 1024 * 1024
const CONSOLE_LINES = 200
/** That of whoever signs in; the tests' own has no business in there. */
const ENVIRONMENT = {
  HOME: '/root',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
}
const NAMESPACES = ['--mount', '--uts', '--ipc', '--net', '--pid']

/** Where the machine sees this checkout. */
export const CHECKOUT_INSIDE = '/mnt/ajar'

export interface RunOptions {
  /** What it reads from its standard input. */
  input?: string | Uint8Array
  limitMs?: number
}

export interface Output {
  code: number
  stdout: string
  stderr: string
}

/**
 * A Debian of its own with a real systemd as PID 1: the host's files under a layer in memory, no network but loopback.
 * Whatever runs in it ends with us: its processes are in a PID namespace whose first one reads our pipe.
 */
export class Machine {
  readonly #name: string
  readonly #folder: string
  readonly #keeper: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #console: string[] = []
  readonly #relays = new Set<Relay>()
  #holds = false
  #runs = false
  #leader = 0

  private constructor(name: string, folder: string, size: string) {
    this.#name = name
    this.#folder = folder
    this.#keeper = keeper(name, folder, size)
    for (const stream of [this.#keeper.stdout, this.#keeper.stderr])
      createInterface({ input: stream }).on('line', (line) => this.#read(line))
    this.#keeper.stdin.on('error', () => {}) // its end is seen by whoever waits for it
  }

  /** Makes the machine and boots it. @param options.size memory that its layer may take at most */
  static async start({ size = SIZE } = {}): Promise<Machine> {
    await build()
    const name = `ajar-${randomBytes(4).toString('hex')}`
    const machine = new Machine(name, await mkdtemp(join(tmpdir(), 'ajar-machine-')), size)
    await machine.boot().catch(async (error) => {
      await machine.close()
      throw new Error(`${error.message}; its console:\n${machine.#console.join('\n')}`, { cause: error })
    })
    return machine
  }

  /** Boots what was shut down, with the files it left. Resolves when its manager takes orders. */
  async boot(): Promise<void> {
    await until(() => this.#holds || this.#isGone, BOOT_LIMIT_MS)
    if (!this.#holds) throw new Error('the machine could not be made')
    this.#runs = true
    this.#keeper.stdin.write('boot\n')
    this.#leader = await until(() => {
      if (!this.#runs) throw new Error('the machine does not boot')
      return this.#findLeader()
    }, BOOT_LIMIT_MS)
    await this.#takesOrders()
  }

  /** Shuts the machine down in order, as `reboot` does. */
  async shutDown(): Promise<void> {
    await this.run(['systemctl', 'reboot'])
    await this.#ended()
  }

  /** Nothing in it gets to do anything any more. */
  async cutPower(): Promise<void> {
    process.kill(this.#leader, 'SIGKILL')
    await this.#ended()
  }

  /** Runs a command in it as root. */
  run(command: string[], { input = '', limitMs = RUN_LIMIT_MS }: RunOptions = {}): Promise<Output> {
    // Within, since it does not end with the program that enters.
    const limited = ['timeout', '--signal=KILL', String(limitMs / 1000), ...command]
    return new Promise((resolve, reject) => {
      const options = {
        env: ENVIRONMENT,
        timeout: limitMs + GRACE_MS,
        killSignal: 'SIGKILL',
        maxBuffer: MOST_OUTPUT,
      } as const
      const child = execFile('nsenter', this.#enter(NAMESPACES, limited), options, (error, stdout, stderr) => {
        const code = error ? error.code : 0
        if (typeof code === 'number' && code !== KILLED) resolve({ code, stdout, stderr })
        else reject(new Error(`${command.join(' ')} did not end within ${limitMs / 1000} s: ${stderr}`))
      })
      child.stdin?.on('error', () => {}) // a command need not read
      child.stdin?.end(input)
    })
  }

  /** Runs a script of the shell in it. @returns what it printed @throws Error where it fails */
  async shell(script: string, options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(['sh', '-euc', script], options)
    if (code !== 0) throw new Error(`${script}\nexit code ${code}\n${stdout}\n${stderr}`)
    return stdout
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await this.shell(`mkdir -p "$(dirname '${path}')" && cat >'${path}'`, { input: content })
  }

  /** What a unit wrote into the journal since the last boot. */
  async journal(unit: string): Promise<string> {
    return await this.shell(`journalctl --boot --no-pager --output=cat --unit='${unit}'`)
  }

  /** Properties of a unit, as `systemctl show` names them. */
  async show(unit: string, ...properties: string[]): Promise<Record<string, string>> {
    const text = await this.shell(`systemctl show '${unit}' --property=${properties.join(',')}`)
    const lines = text.split('\n').filter((line) => line.includes('='))
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  }

  /** The processes of a unit, as the host numbers them. */
  async processesOf(unit: string): Promise<number[]> {
    const cgroups = HIERARCHIES.map((hierarchy) => join(hierarchy, this.#name, 'payload/system.slice', unit))
    const lists = cgroups.map((cgroup) => readFile(join(cgroup, 'cgroup.procs'), 'utf8').catch(() => ''))
    return [...new Set((await Promise.all(lists)).join('').split('\n').filter(Boolean).map(Number))]
  }

  /** Starts a script of ours, with an IPC channel, in the machine's network but not among its files. */
  fork(script: string, args: string[]): ChildProcess {
    const command = this.#enter(['--net'], [process.execPath, script, ...args])
    return spawn('nsenter', command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  /** A port of ours that leads to one of the machine's loopback until it shuts down. */
  async reach(port: number): Promise<number> {
    const relay = await Relay.open(port, (script) => this.fork(script, []))
    this.#relays.add(relay)
    return relay.port
  }

  /** Ends the machine; nothing of it is left. */
  async close(): Promise<void> {
    for (const relay of this.#relays) await relay.close()
    this.#keeper.stdin.end()
    await until(() => this.#isGone, BOOT_LIMIT_MS)
    for (const hierarchy of HIERARCHIES) await removeCgroup(join(hierarchy, this.#name))
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #takesOrders(): Promise<void> {
    let said = ''
    const asked = until(async () => {
      const answer = await this.run(['systemctl', 'is-system-running'], { limitMs: ASK_LIMIT_MS }).catch(String)
      said = typeof answer === 'string' ? answer : answer.stdout + answer.stderr
      return /running|degraded|starting/.test(said)
    }, BOOT_LIMIT_MS)
    await asked.catch((error) => {
      throw new Error(`${error.message}; the last answer: ${said}`)
    })
  }

  get #isGone(): boolean {
    return this.#keeper.exitCode !== null || this.#keeper.signalCode !== null
  }

  #read(line: string) {
    if (line === 'keeper: holds') this.#holds = true
    else if (line.startsWith('keeper: ended')) this.#runs = false
    else if (this.#console.push(line) > CONSOLE_LINES) this.#console.shift()
  }

  async #ended(): Promise<void> {
    await until(() => !this.#runs, BOOT_LIMIT_MS)
    this.#leader = 0
    for (const relay of this.#relays) await relay.close()
    this.#relays.clear()
  }

  #enter(namespaces: string[], command: string[]): string[] {
    return ['--target', String(this.#leader), ...namespaces, '--', ...command]
  }

  /**
   * unshare - the keeper - the shell of one boot - nspawn - the machine's PID 1. For a moment nspawn has another child, which
   * makes that one and ends: whoever takes it for the machine asks nobody from then on.
   */
  #findLeader(): number | null {
    let pid = this.#keeper.pid ?? null
    for (let generation = 0; generation < 4 && pid !== null; generation++) pid = childOf(pid)
    return pid !== null && isFirstInItsNamespace(pid) ? pid : null
  }
}

/** Why this computer cannot run a machine, or null where it can. */
export function whyNoMachine(): string | null {
  if (process.getuid?.() !== 0) return 'a machine of its own with systemd needs root'
  if (spawnSync('which', ['systemd-nspawn']).status !== 0)
    return 'systemd-nspawn is not installed: apt-get install systemd-container'
  const probe = spawnSync('unshare', [
    '--mount',
    'sh',
    '-c',
    'mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/r && mount -t overlay -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w none /mnt/r',
  ])
  return probe.status === 0 ? null : `a layer over the root cannot be mounted here: ${String(probe.stderr).trim()}`
}

/** In the machine the checkout can only be read, so what an installer builds there is built before. */
async function build(): Promise<void> {
  for (const script of ['server/web/build.ts', 'deploy/bundle/build.ts'])
    await promisify(execFile)(process.execPath, [join(CHECKOUT, script)])
}

function keeper(name: string, folder: string, size: string) {
  const unshare = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  return spawn('unshare', [...unshare, 'sh', KEEPER, name, folder, size, CHECKOUT], { stdio: ['pipe', 'pipe', 'pipe'] })
}

/** proc_pid_status(5): `NSpid` ends with the number that it has in its own namespace. */
function isFirstInItsNamespace(pid: number): boolean {
  try {
    return /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false // it has ended
  }
}

function childOf(pid: number): number | null {
  const [child = ''] = spawnSync('pgrep', ['--parent', String(pid)], { encoding: 'utf8' }).stdout.split('\n')
  return child === '' ? null : Number(child)
}

/** Where its last process has just ended, a cgroup is busy for a moment. */
async function removeCgroup(folder: string): Promise<void> {
  if (!existsSync(folder)) return
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries) if (entry.isDirectory()) await removeCgroup(join(folder, entry.name))
  await until(
    () =>
      rmdir(folder).then(
        () => true,
        () => !existsSync(folder),
      ),
    BOOT_LIMIT_MS,
  )
}
