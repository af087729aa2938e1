import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { BoxLimits } from '../../src/sandbox/box.ts'
import type { Undo } from '../temporary-folder.ts'
import type { Attempt, Came } from './attempt.ts'
import { compiledBytes } from './compiled.ts'
import { Traces } from './traces.ts'

const CHILD = fileURLToPath(new URL('caller-child.ts', import.meta.url))
/** An account of nobody on this machine, and what /etc/subuid gives to it where it has sub-uids. */
const ORDINARY = 54_321
const SUB_UIDS = `${ORDINARY}:1879113728:65536`
/** Should a box let a bomb out, this holds it: a cgroup around the caller and all of its boxes. */
const GUARD = { processes: 500, memoryBytes: 1_500_000_000 }

export const LIMITS: BoxLimits = {
  ms: 5000,
  memoryBytes: 160e6,
  processes: 40,
  folderBytes: 20e6,
  printedBytes: 1e6,
}

export type Kind = 'root' | 'ordinary user' | 'ordinary user with sub-uids'

/** A process that makes boxes for tests, as root or as an ordinary user whom a cgroup was delegated to. */
export class Caller {
  readonly pid: number
  /** Stands in its environment, and nowhere else. */
  readonly secret: string
  /** What of its boxes is on this machine. */
  readonly traces: Traces
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (came: Came) => void>()
  #asked = 0

  readonly #guard: string[]

  private constructor(child: ChildProcess, secret: string, folder: string, guard: string[]) {
    if (child.pid === undefined || !child.stdout) throw new Error('no child')
    this.pid = child.pid
    this.secret = secret
    this.#guard = guard
    this.#child = child
    this.traces = new Traces(child.pid, folder)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const came = JSON.parse(line) as Came
      this.#waiting.get(came.id)?.(came)
      this.#waiting.delete(came.id)
    })
    child.once('exit', () => {
      for (const [id, tell] of this.#waiting) tell(endedBefore(id))
    })
  }

  /** @param before whose cgroup it is started in, as a process is that is started again */
  static async start(kind: Kind, undo: Undo, before?: Caller): Promise<Caller> {
    const folder = mkdtempSync(join(tmpdir(), 'ajar-attacks-'))
    const guard = before ? before.#guard : makeGuard(kind === 'root' ? null : ORDINARY)
    const [own, secret] = [join(folder, 'own'), `secret-${randomBytes(9).toString('hex')}`]
    mkdirSync(own)
    chmodSync(folder, 0o755)
    if (kind !== 'root') chownSync(own, ORDINARY, ORDINARY)
    const command = [
      ...joining(guard),
      ...(kind === 'ordinary user with sub-uids' ? withSubUids(folder) : []),
      ...(kind === 'root' ? [] : ['setpriv', `--reuid=${ORDINARY}`, `--regid=${ORDINARY}`, '--clear-groups']),
      ...[process.execPath, CHILD],
    ]
    const [program = '', ...args] = command
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, TMPDIR: own, AJAR_ADMIN_TOKEN: secret },
      stdio: ['pipe', 'pipe', 'inherit'],
      cwd: own,
    })
    undo(async () => {
      const ended = child.exitCode !== null || child.signalCode !== null || once(child, 'exit')
      child.stdin?.end()
      child.kill('SIGKILL')
      await ended
      if (!before) await removeGuard(guard)
      await rm(folder, { recursive: true, force: true })
    })
    await once(child, 'spawn')
    return new Caller(child, secret, own, guard)
  }

  /** Runs a box, and resolves when it has ended; bytes are as they are. */
  run({ files = null, input = null, limits, ...attempt }: Given): Promise<Came> {
    const id = ++this.#asked
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve(endedBefore(id))
    const answer = new Promise<Came>((resolve) => this.#waiting.set(id, resolve))
    const whole: Attempt = {
      ...{ id, environment: {}, keeps: null, user: 'run', shows: [], abortAfterMs: null },
      ...attempt,
      files: files && Buffer.from(files).toString('base64'),
      input: input && Buffer.from(input).toString('base64'),
      limits: { ...LIMITS, ...limits },
    }
    this.#child.stdin?.write(`${JSON.stringify(whole)}\n`)
    return answer
  }

  /** SIGKILL, as a server may get it at any time. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

function endedBefore(id: number): Came {
  return { id, end: null, error: 'the caller ended', stdout: '', stderr: '', printedBytes: 0 }
}

export interface Given extends Partial<Omit<Attempt, 'id' | 'files' | 'input' | 'limits' | 'command'>> {
  command: Attempt['command']
  files?: Uint8Array | null
  input?: Uint8Array | null
  limits?: Partial<BoxLimits>
}

/** New cgroups below ours, of version 1 where there is one. @param owner whom they are delegated to; null: root */
function makeGuard(owner: number | null): string[] {
  const name = `ajar-test-${process.pid}-${randomBytes(4).toString('hex')}`
  const own = readFileSync('/proc/self/cgroup', 'utf8').trim().split('\n')
  const folders: string[] = []
  for (const controller of ['memory', 'pids', 'cpu']) {
    const path = own.find((line) => line.split(':')[1]?.split(',').includes(controller))?.split(':')[2]
    const base = join('/sys/fs/cgroup', controller)
    if (path === undefined || !existsSync(join(base, 'cgroup.procs'))) continue
    const folder = join(existsSync(join(base, path)) ? join(base, path) : base, name)
    mkdirSync(folder)
    folders.push(folder)
    if (controller === 'memory') writeFileSync(join(folder, 'memory.limit_in_bytes'), String(GUARD.memoryBytes))
    if (controller === 'pids') writeFileSync(join(folder, 'pids.max'), String(GUARD.processes))
    if (owner === null) continue
    for (const file of [folder, join(folder, 'cgroup.procs'), join(folder, 'tasks')]) chownSync(file, owner, owner)
  }
  return folders
}

async function removeGuard(folders: string[]) {
  for (const folder of folders)
    for (let tries = 0; existsSync(folder) && tries < 100; tries++) {
      try {
        for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((one) => one.isDirectory()))
          rmdirSync(join(folder, name))
        rmdirSync(folder)
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50)) // what was killed takes a moment
      }
    }
}

/** With a file open that its children would have as well, as the sockets of systemd are. */
function joining(folders: string[]): string[] {
  const script = folders.map((folder) => `echo 0 >${folder}/cgroup.procs`).join('\n')
  return ['/bin/sh', '-c', `${script}\nexec 9</etc/passwd\nexec "$@"`, 'sh']
}

/** In a namespace of mounts of its own, where /etc/subuid knows the user. */
function withSubUids(folder: string): string[] {
  const files = {
    subuid: `${SUB_UIDS}\n`,
    subgid: `${SUB_UIDS}\n`,
    passwd: `${readFileSync('/etc/passwd', 'utf8')}ajar-attacks:x:${ORDINARY}:${ORDINARY}::/nonexistent:/bin/sh\n`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const binds = Object.keys(files).map((name) => `mount --bind ${join(folder, name)} /etc/${name}`)
  return ['unshare', '--mount', '/bin/sh', '-ec', `${binds.join('\n')}\nexec "$@"`, 'sh']
}

/** Whom boxes can be made by in these tests: only root can make the others, and cgroups for them. */
export const KINDS: Kind[] =
  process.geteuid?.() === 0
    ? ['root', ...(['ordinary user', 'ordinary user with sub-uids'] as const).filter(() => mayRead())]
    : []

/** Whether an ordinary user may read this checkout, which stands in somebody's home elsewhere. */
function mayRead(): boolean {
  const user = [`--reuid=${ORDINARY}`, `--regid=${ORDINARY}`, '--clear-groups']
  return spawnSync('setpriv', [...user, 'test', '-r', CHILD]).status === 0
}

/** Runs a program of `compiled.ts` without a box, as a user who may little: what it does there it could do. */
export async function runBare(program: string, words: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-bare-'))
  try {
    chmodSync(folder, 0o777)
    const file = join(folder, 'attack')
    writeFileSync(file, compiledBytes(program), { mode: 0o755 })
    const user =
      process.geteuid?.() === 0 ? ['setpriv', `--reuid=${ORDINARY}`, `--regid=${ORDINARY}`, '--clear-groups'] : []
    const [first = '', ...rest] = [...user, file, ...words]
    const child = spawn(first, rest, { cwd: folder, timeout: 20_000, stdio: ['ignore', 'pipe', 'inherit'] })
    return (await child.stdout.toArray()).join('')
  } finally {
    rmSync(folder, { recursive: true })
  }
}
