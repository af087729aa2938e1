import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Between being asked to end and being made to. Milliseconds. */
const GRACE_MS = 2000
/** What it printed is here soon after its end; a process that it left behind may keep its standard output open. Milliseconds. */
const REST_MS = 1000
const ASKED = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

export interface Run {
  command: readonly string[]
  /** Its working directory. */
  cwd: string
  /** Its standard output. */
  onOutput(chunk: Buffer): void
  /** So long it may take, milliseconds. */
  ms: number
}

/**
 * Runs a program, and waits for its end. Where this process is asked to end, it and what it started end first.
 * @returns the code that it ended with; where this process was asked to end, that of the signal
 * @throws Error where it cannot be started, was ended by a signal or took too long: it has said no status then, or none that counts
 */
export async function runProgram({ command, cwd, onOutput, ms }: Run): Promise<{ code: number; wasAsked: boolean }> {
  const [program = '', ...args] = command
  // A group of its own, so that all of it can be ended.
  const child = spawn(program, args, {
    cwd,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  child.stdout.on('data', onOutput)
  const isRead = new Promise<void>((resolve) => child.stdout.on('close', resolve))
  const kill = (signal: NodeJS.Signals) => {
    try {
      if (child.pid) process.kill(-child.pid, signal)
    } catch {
      // It has ended already.
    }
  }
  let asked: NodeJS.Signals | undefined
  const endSoon = (signal: NodeJS.Signals) => {
    asked ??= signal
    kill(signal)
    setTimeout(() => kill('SIGKILL'), GRACE_MS).unref()
  }
  for (const signal of ASKED) process.on(signal, endSoon)
  let isLate = false
  const late = setTimeout(() => {
    isLate = true
    kill('SIGKILL')
  }, ms)
  try {
    const { code, signal } = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>(
      (resolve, reject) => {
        child.on('error', reject)
        child.on('exit', (code, signal) => resolve({ code, signal }))
      },
    )
    // What it left behind.
    kill('SIGKILL')
    await Promise.race([isRead, sleep(REST_MS, undefined, { ref: false })])
    if (isLate) throw new Error(`The task took longer than ${ms / 1000} s (AJAR_TASK_SECONDS).`)
    if (asked) return { code: 128 + constants.signals[asked], wasAsked: true }
    if (signal) throw new Error(`The task was ended by ${signal}.`)
    return { code: code as number, wasAsked: false }
  } finally {
    clearTimeout(late)
    for (const signal of ASKED) process.off(signal, endSoon)
    child.stdout.destroy()
  }
}

/** Of whoever called, without what is ajar's own. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AJAR_|NODE_)/.test(name)))
}
