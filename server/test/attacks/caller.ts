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
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { afterFile } from '../../../test/setup/after-file.ts'
import { needs, needsProgram } from '../../../test/setup/needs.ts'
import type { BoxLimits } from '../../src/sandbox/box.ts'
import { needsBoxes } from '../boxed.ts'
import { type Performed, performedOf, requestOf } from '../performed.ts'
import type { Undo } from '../temporary-folder.ts'
import type { Attempt, Came, Told } from './attempt.ts'
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

/** How a caller is started besides. */
export interface Started {
  /** Whose cgroup it is started in, as a process is that is started again. */
  before?: Caller
  /** It has a controlling terminal, as what somebody starts in one has. */
  terminal?: boolean
}

/** A process that makes boxes for tests, as root or as an ordinary user whom a cgroup was delegated to. */
export class Caller {
  readonly pid: number
  /** Stands in its environment, and nowhere else. */
  readonly secret: string
  /** What of its boxes is on this machine. */
  readonly traces: Traces
  /** What is shown in its terminal: all that is typed into it, too. */
  shown = ''
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: object) => void>()
  #asked = 0

  readonly #guard: string[]

  private constructor(child: ChildProcess, pid: number, secret: string, folder: string, guard: string[]) {
    this.pid = pid
    this.secret = secret
    this.#guard = guard
    this.#child = child
    this.traces = new Traces(pid, folder)
    child.stdout?.on('data', (chunk) => {
      this.shown += chunk
    })
    child.once('exit', () => {
      for (const tell of this.#waiting.values()) tell({ error: 'the caller ended' })
    })
  }

  static async start(kind: Kind, undo: Undo, { before, terminal = false }: Started = {}): Promise<Caller> {
    const folder = mkdtempSync(join(tmpdir(), 'ajar-attacks-'))
    const guard = before ? before.#guard : makeGuard(kind === 'root' ? null : ORDINARY)
    const [own, secret] = [join(folder, 'own'), `secret-${randomBytes(9).toString('hex')}`]
    mkdirSync(own)
    chmodSync(folder, 0o755)
    if (kind !== 'root') chownSync(own, ORDINARY, ORDINARY)
    const command = [
      ...joining(guard),
      ...(kind === 'ordinary user with sub-uids' ? withSubUids(folder) : []),
      ...(kind === 'root' ? [] : asOrdinary()),
      ...[process.execPath, CHILD],
    ]
    const [program = '', ...args] = terminal ? inTerminal(command) : command
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, TMPDIR: own, AJAR_ADMIN_TOKEN: secret, AJAR_PROGRAMS_SAME_USER: '1' },
      stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'],
      cwd: own,
    })
    let pid = child.pid ?? 0
    undo(async () => {
      const ended = child.exitCode !== null || child.signalCode !== null || once(child, 'exit')
      kill(pid)
      child.kill('SIGKILL')
      await ended
      if (!before) await removeGuard(guard)
      await rm(folder, { recursive: true, force: true })
    })
    const lines = createInterface({ input: child.stdio[4] as Readable })
    const [first] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => ['{}'])])
    pid = (JSON.parse(first) as { pid?: number }).pid ?? 0
    if (pid === 0) throw new Error(`the caller as ${kind} did not start`)
    const caller = new Caller(child, pid, secret, own, guard)
    lines.on('line', (line) => {
      const answer = JSON.parse(line) as Came | Told
      caller.#waiting.get(answer.id)?.(answer)
      caller.#waiting.delete(answer.id)
    })
    return caller
  }

  /** Runs a box, and resolves when it has ended; bytes are as they are. */
  async run({ files = null, input = null, limits, ...attempt }: Given): Promise<Came> {
    const whole: Omit<Attempt, 'id'> = {
      ...{ environment: {}, keeps: null, user: 'run', shows: [], abortAfterMs: null },
      ...attempt,
      files: files && Buffer.from(files).toString('base64'),
      input: input && Buffer.from(input).toString('base64'),
      limits: { ...LIMITS, ...limits },
    }
    const unknown: Omit<Came, 'id'> = { end: null, error: null, stdout: '', stderr: '', printedBytes: 0 }
    return { ...unknown, ...(await this.#ask<Came>(whole)) }
  }

  /** Performs a program as the programs worker does. @param files contents by name */
  async perform(files: Record<string, string>, wanted: Parameters<typeof requestOf>[1] = {}): Promise<Performed> {
    const { messages, outcome, error } = await this.#ask<Told>(requestOf(files, wanted))
    if (outcome === null) throw new Error(error ?? 'nothing came of it')
    return performedOf(outcome, messages)
  }

  /** SIGKILL, as a server may get it at any time. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit')
    kill(this.pid)
    await ended
  }

  #ask<Answer>(question: object): Promise<Answer> {
    const id = ++this.#asked
    return new Promise<Answer>((resolve) => {
      const tell = (answer: object) => resolve({ id, ...answer } as Answer)
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) return tell({ error: 'the caller ended' })
      this.#waiting.set(id, tell)
      const questions = this.#child.stdio[3] as Writable
      questions.write(`${JSON.stringify({ id, ...question })}\n`)
    })
  }
}

function kill(pid: number) {
  try {
    if (pid > 0) process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended
  }
}

/** Its standard streams lead to a terminal of its own. */
function inTerminal(command: string[]): string[] {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
  return ['script', '--quiet', '--return', '--command', `exec ${quoted}`, '/dev/null']
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

/** Whom boxes are made by in these tests. */
export const KINDS: Kind[] = ['root', 'ordinary user', 'ordinary user with sub-uids']

/** All attacks by all of them (`npm run soak`). Else what depends on nothing of whom is tried once. */
export const IN_FULL = process.env.AJAR_TEST_ATTACKS === 'all'

const callers = new Map<Kind, Promise<Caller>>()

/** The one of that kind that the tests of a file share. Skips a test where there can be none, and says why; fails it in CI. */
export async function callerFor(kind: Kind, context: TestContext): Promise<Caller> {
  await needsBoxes(context)
  needsProgram('gcc', 'gcc', context)
  needs(process.geteuid?.() === 0, 'only root can become each of these users, and make cgroups for them', context)
  if (kind === 'ordinary user with sub-uids') needsProgram('newuidmap', 'uidmap', context)
  if (kind !== 'root')
    needs(mayRead(), 'ordinary users may not read this checkout, which is in a closed folder', context)
  const caller = callers.get(kind) ?? Caller.start(kind, afterFile)
  callers.set(kind, caller)
  return caller
}

function mayRead(): boolean {
  const [program = '', ...args] = [...asOrdinary(), 'test', '-r', CHILD]
  return spawnSync(program, args).status === 0
}

/** Words before a command, for root to have it run as an ordinary user. */
export function asOrdinary(): string[] {
  return ['setpriv', `--reuid=${ORDINARY}`, `--regid=${ORDINARY}`, '--clear-groups']
}

/** Runs a program of `compiled.ts` without a box, as a user who may little: what it does there it could do. */
export async function runBare(program: string, words: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-bare-'))
  try {
    chmodSync(folder, 0o777)
    const file = join(folder, 'attack')
    writeFileSync(file, compiledBytes(program), { mode: 0o755 })
    const user = process.geteuid?.() === 0 ? asOrdinary() : []
    const [first = '', ...rest] = [...user, file, ...words]
    const child = spawn(first, rest, { cwd: folder, timeout: 20_000, stdio: ['ignore', 'pipe', 'inherit'] })
    return (await child.stdout.toArray()).join('')
  } finally {
    rmSync(folder, { recursive: true })
  }
}
