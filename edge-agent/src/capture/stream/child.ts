import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { systemCode } from '../../failure.ts'

/** Between asking a program to end and ending it. */
const GRACE_MS = 2000
/** A program that a driver of the kernel holds does not end even then; it is left behind. */
const LAST_WAIT_MS = 3000
const STDERR_BYTES = 16_384
const COMPLAINT_LINES = 3
const LINE_CHARACTERS = 200

export interface Program {
  /** Found on PATH. */
  name: string
  args: readonly string[]
  /** What to install where it is missing, as a command. */
  install: string
  /** Takes out of a line what nobody may read (a password in an address). */
  redact?: (text: string) => string
}

/** A program that runs beside the agent and writes pictures to its standard output. */
export class Child {
  readonly #program: Program
  readonly #process: ChildProcessByStdio<null, Readable, Readable>
  /** Resolves when it has ended, or could not be started, with the reason in words; never rejects. */
  readonly ended: Promise<string>
  #running = true
  #missing = false
  #stderr = ''

  constructor(program: Program) {
    this.#program = program
    // In a group of its own, so that what a wrapper script started ends with it.
    this.#process = spawn(program.name, program.args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_BYTES)
    })
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.#missing = systemCode(error) === 'ENOENT'
        if (this.#process.pid === undefined) this.#running = false
        if (!this.#running) resolve(this.#missing ? notInstalled(program) : `${program.name}: ${error.message}`)
      })
      this.#process.once('exit', (code, signal) => {
        // Who is left of its group holds the camera against its successor. Only now: its number may soon be somebody else's.
        this.#signal('SIGKILL')
        this.#running = false
        // What it has written may still have to be read; a grandchild that holds the pipe is not waited for.
        const said = () => resolve(this.#sentence(code === null ? `was ended by ${signal}` : `ended with code ${code}`))
        const drained = setTimeout(said, 500)
        this.#process.once('close', () => {
          clearTimeout(drained)
          said()
        })
      })
    })
  }

  get stdout(): Readable {
    return this.#process.stdout
  }

  /** The end of what it wrote to standard error, as it is. */
  get stderr(): string {
    return this.#stderr
  }

  /** Whether there is no such program. */
  get missing(): boolean {
    return this.#missing
  }

  /** `what` of the program with the last lines it wrote to standard error. */
  complaint(what: string): string {
    return this.#sentence(what)
  }

  /** Ends it for sure: SIGTERM, SIGKILL after a while. Resolves when it is gone, or nothing can be done any more. */
  async kill(): Promise<void> {
    this.#signal('SIGTERM')
    if (!(await this.#goneIn(GRACE_MS))) {
      this.#signal('SIGKILL')
      await this.#goneIn(LAST_WAIT_MS)
    }
    this.#process.stdout.destroy()
    this.#process.stderr.destroy()
  }

  #sentence(what: string): string {
    const { name, redact = (text) => text } = this.#program
    const lines = redact(this.#stderr)
      .split(/[\r\n]+/)
      .map((line) => line.trim().slice(0, LINE_CHARACTERS))
      .filter((line) => line !== '')
      .slice(-COMPLAINT_LINES)
    return `${name} ${what}${lines.length > 0 ? `: ${lines.join(' | ')}` : ''}`
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process
    if (!this.#running || pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      // It has just ended by itself.
    }
  }

  /** The group is signalled only while its leader is there: its number may belong to somebody else afterwards. */
  async #goneIn(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    if (this.#running) this.#process.once('exit', () => resolve())
    else resolve()
    await promise
    clearTimeout(timer)
    return !this.#running
  }
}

function notInstalled({ name, install }: Program): string {
  return `${name} is not installed: ${install}`
}

/** What a program that answers and ends has said. */
export interface Answer {
  /** Its standard output and error, the last 16 KB of each. */
  stdout: string
  stderr: string
  /** Why there is no answer: no such program, or not in time; null where it ended, well or not. */
  trouble: string | null
  /** How it ended, in words, with the last lines that it wrote to standard error. */
  ended: string
}

/** Runs a program for at most `limitMs`, or until `signal` aborts; never rejects. */
export async function ask(program: Program, limitMs: number, signal?: AbortSignal): Promise<Answer> {
  const child = new Child(program)
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-STDERR_BYTES)
  })
  let late: string | null = null
  const { promise: gaveUp, resolve } = Promise.withResolvers<string>()
  const stop = () => {
    const complaint = child.complaint(`gave no answer within ${limitMs / 1000} s`)
    late = complaint
    // One that a driver of the kernel holds outlives even that.
    void child.kill().then(() => resolve(complaint))
  }
  const timer = setTimeout(stop, limitMs)
  signal?.addEventListener('abort', stop, { once: true })
  const ended = await Promise.race([child.ended, gaveUp])
  clearTimeout(timer)
  signal?.removeEventListener('abort', stop)
  return { stdout, stderr: child.stderr, trouble: late ?? (child.missing ? ended : null), ended }
}
