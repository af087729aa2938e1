import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { RedeployError } from '../step.ts'
import { markOf } from './left-programs.ts'
import { programEnvironment } from './program-environment.ts'

export interface RunOptions {
  cwd?: string
  /** Beside what every program gets. */
  environment?: Record<string, string>
  /** Who runs it, where that is not us. */
  owner?: { uid: number; gid: number }
  signal: AbortSignal
  /** Milliseconds after which it is ended. */
  limitMs: number
  /** Called with each line that it prints, as it comes. */
  onLine?: (line: string) => void
}

export interface Ended {
  /** Null where a signal ended it. */
  code: number | null
  /** What it printed, the last `MOST_CHARACTERS` of each. */
  stdout: string
  stderr: string
}

/** A program that talks without an end costs no more memory than this. */
const MOST_CHARACTERS = 4 * 1024 * 1024
/** Between being asked to end and being ended. */
const GRACE_MS = 3000

/** Debian's package of each program that may be missing. */
const PACKAGE_OF: Record<string, string> = { git: 'git', 'ssh-keygen': 'openssh-client', tar: 'tar', npx: 'npm' }

/**
 * Runs a program to its end, with no input and no terminal. What it started is ended with it.
 * @throws RedeployError where the program is missing or takes too long, the reason of `signal` where that ended it
 */
export async function runProgram(program: string, args: string[], options: RunOptions): Promise<Ended> {
  const { signal, limitMs } = options
  signal.throwIfAborted()
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...options.owner,
    env: { ...programEnvironment(process.env), ...options.environment, ...markOf(process.env) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a group of its own, which is ended as a whole
  })
  if (child.pid !== undefined) makeWay(child.pid)
  const limit = AbortSignal.timeout(limitMs)
  const either = AbortSignal.any([signal, limit])
  const end = () => endGroup(child)
  either.addEventListener('abort', end)
  try {
    const [stdout, stderr, code] = await Promise.all([
      textOf(child.stdout, options.onLine),
      textOf(child.stderr, options.onLine),
      exitOf(child, program),
    ])
    signal.throwIfAborted()
    if (limit.aborted)
      throw new RedeployError('too_slow', 'environment', `${program} ${args[0]} took more than ${limitMs / 1000} s`)
    return { code, stdout, stderr }
  } finally {
    either.removeEventListener('abort', end)
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>

function exitOf(child: Child, program: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on('close', resolve)
    child.on('error', (error: NodeJS.ErrnoException) => {
      const hint = PACKAGE_OF[program] === undefined ? '' : `: apt-get install ${PACKAGE_OF[program]}`
      const why = error.code === 'ENOENT' ? `is missing${hint}` : `cannot be run: ${error.message}`
      reject(new RedeployError('program_missing', 'environment', `${program} ${why}`))
    })
  })
}

async function textOf(stream: Readable, onLine: (line: string) => void = () => {}): Promise<string> {
  let text = ''
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    onLine(line)
    text = `${text}${line}\n`.slice(-MOST_CHARACTERS)
  }
  return text
}

/** What runs goes first. */
function makeWay(pid: number) {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // it has ended, or may not
  }
}

function endGroup(child: Child) {
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // it is gone
    }
  }
  kill('SIGTERM')
  const timer = setTimeout(() => kill('SIGKILL'), GRACE_MS)
  child.on('close', () => clearTimeout(timer))
}
