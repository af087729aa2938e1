import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Duplex, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { receive, send } from './message-stream.ts'
import type { FromTask, LastOfTask, ToTask } from './messages.ts'
import { OutputLines } from './output-lines.ts'
import { TASK_DESCRIPTOR } from './perform-task.ts'

/** What a task says, and what it prints on standard output and standard error: all of it has to be read. */
export interface TaskStreams {
  /** The last is `done` or `failed`, also where the process itself could not say it any more. */
  messages: AsyncGenerator<FromTask, undefined>
  stdout: AsyncGenerator<string, undefined>
  stderr: AsyncGenerator<string, undefined>
}

/** The process of one task, or of one after the other, seen from its worker. */
export class TaskProcess {
  /** What it does. */
  readonly task: string
  /** How it ended. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  readonly #stream: Duplex
  readonly #messages: AsyncIterator<FromTask>
  readonly #outputs: { stdout: OutputLines; stderr: OutputLines }
  #isGone = false

  constructor(entry: URL, task: string) {
    this.task = task
    this.#child = spawn(process.execPath, [...process.execArgv, fileURLToPath(entry), task], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    this.#stream = this.#child.stdio[TASK_DESCRIPTOR] as Duplex
    this.#stream.on('error', () => {}) // its end is what counts
    this.#messages = receive<FromTask>(this.#stream)
    const { stdout, stderr } = this.#child
    this.#outputs = { stdout: new OutputLines(stdout as Readable), stderr: new OutputLines(stderr as Readable) }
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(String(signal ?? code)))
      this.#child.once('error', (error) => resolve(error.message))
    })
    void this.ended.then(() => {
      this.#isGone = true
    })
  }

  /** Whether it has ended, or is to. */
  get isGone(): boolean {
    return this.#isGone
  }

  /** Has it do its task. Only when it has nothing else to do. */
  begin(params: object): TaskStreams {
    // What the task prints cannot be taken for it: nobody but the process knows it.
    const mark = randomUUID()
    this.give({ kind: 'begin', params, mark })
    const { stdout, stderr } = this.#outputs
    return { messages: this.#said(), stdout: stdout.until(mark), stderr: stderr.until(mark) }
  }

  give(message: ToTask) {
    send(this.#stream, message).catch(() => this.kill())
  }

  kill() {
    this.#isGone = true
    this.#child.kill('SIGKILL')
  }

  async *#said(): AsyncGenerator<FromTask, undefined> {
    try {
      for (let next = await this.#messages.next(); !next.done; next = await this.#messages.next()) {
        const { value } = next
        if (isLast(value)) {
          // Where it takes no other task, what is said last is all there is to say.
          if (!value.again) this.kill()
          yield value
          return
        }
        yield value
      }
    } catch (error) {
      this.kill()
      yield { kind: 'failed', code: 'crashed', message: (error as Error).message }
      return
    }
    this.kill()
    yield endedAs(await this.ended)
  }
}

export function isLast(message: FromTask): message is LastOfTask {
  return message.kind === 'done' || message.kind === 'failed'
}

/** Killed by somebody, or by a system without memory: that says nothing of the work, which can be done again. */
function endedAs(how: string): LastOfTask {
  const wasKilled = how === 'SIGKILL'
  const message = wasKilled
    ? 'the process of the task was killed (SIGKILL), perhaps by a system that had no memory left'
    : `the process of the task ended (${how})`
  return { kind: 'failed', code: 'crashed', message, ...(wasKilled ? { fault: 'environment' } : {}) }
}
