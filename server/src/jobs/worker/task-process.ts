import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { receive, send } from './message-stream.ts'
import type { FromTask, ToTask } from './messages.ts'
import { TASK_DESCRIPTOR } from './perform-task.ts'

/** The process of one task, seen from its worker. */
export class TaskProcess {
  readonly #child: ChildProcess
  readonly #stream: Duplex
  readonly #ended: Promise<string>

  constructor(entry: URL, task: string) {
    this.#child = spawn(process.execPath, [...process.execArgv, fileURLToPath(entry), task], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    this.#stream = this.#child.stdio[TASK_DESCRIPTOR] as Duplex
    this.#stream.on('error', () => {}) // its end is what counts
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => resolve(String(signal ?? code)))
      this.#child.once('error', (error) => resolve(error.message))
    })
  }

  /** What it prints, which must be read. */
  get output(): { stdout: Readable; stderr: Readable } {
    const { stdout, stderr } = this.#child
    return { stdout: stdout as Readable, stderr: stderr as Readable }
  }

  give(message: ToTask) {
    send(this.#stream, message).catch(() => this.kill())
  }

  kill() {
    this.#child.kill('SIGKILL')
  }

  /** What it says; the last is `done` or `failed`, also where the process itself could not say it any more. */
  async *messages(): AsyncGenerator<FromTask, undefined> {
    try {
      for await (const message of receive<FromTask>(this.#stream)) {
        yield message
        if (message.kind === 'done' || message.kind === 'failed') return
      }
    } catch (error) {
      yield { kind: 'failed', code: 'crashed', message: (error as Error).message }
      return
    } finally {
      // What is said last is all there is to say: the process has nothing more to do.
      this.kill()
    }
    yield endedAs(await this.#ended)
  }
}

/** Killed by somebody, or by a system without memory: that says nothing of the work, which can be done again. */
function endedAs(how: string): FromTask {
  const wasKilled = how === 'SIGKILL'
  const message = wasKilled
    ? 'the process of the task was killed (SIGKILL), perhaps by a system that had no memory left'
    : `the process of the task ended (${how})`
  return { kind: 'failed', code: 'crashed', message, ...(wasKilled ? { fault: 'environment' } : {}) }
}
