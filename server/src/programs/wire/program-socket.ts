import { WebSocket } from 'ws'
import type { Log } from '../../logging/levels.ts'
import { PlanError } from '../language.ts'
import { checkRequest, type LanguageOf } from '../request/check-request.ts'
import type { ProgramRuns } from '../runs/program-runs.ts'
import type { RunOwner, RunReader } from '../runs/run.ts'
import { parsedText } from './parsed-text.ts'
import { framesOf, GONE, refusalFrame } from './shown.ts'

export interface ProgramSocketPorts {
  runs: Pick<ProgramRuns, 'add' | 'read' | 'changed'>
  languageOf: LanguageOf
  log: Log
  /** Whether the token that was shown works still. */
  isLetIn(): boolean
}

/** So long it may be open without a program that runs. */
const IDLE_MS = 30_000
/** A line that is dead says nothing: it is asked as often. */
const HEARTBEAT_MS = 15_000
/** So long a reader may take for one message. */
const UNREAD_MS = 30_000
/** Closing codes (RFC 6455, 7.4.1). */
const DONE = 1000
const AGAINST_POLICY = 1008
const OUR_FAULT = 1011

/** One WebSocket: a client has a program run, and reads what it says as it comes. A run goes on without its reader. */
export class ProgramSocket {
  readonly #socket: WebSocket
  readonly #who: RunOwner & RunReader
  readonly #ports: ProgramSocketPorts
  readonly #gone = new AbortController()
  #isRunning = false
  #idle: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined

  constructor(socket: WebSocket, who: RunOwner & RunReader, ports: ProgramSocketPorts) {
    this.#socket = socket
    this.#who = who
    this.#ports = ports
  }

  /** From here on it answers. */
  begin() {
    this.#socket.on('message', (bytes) => void this.#take(String(bytes)))
    this.#socket.on('error', () => this.#socket.terminate())
    this.#socket.once('close', () => {
      this.#gone.abort()
      clearTimeout(this.#idle)
      clearInterval(this.#heartbeat)
    })
    let isAlive = true
    this.#socket.on('pong', () => {
      isAlive = true
    })
    this.#heartbeat = setInterval(() => {
      if (!isAlive) return this.#socket.terminate()
      isAlive = false
      this.#socket.ping()
    }, HEARTBEAT_MS)
    this.#rest()
  }

  async #take(text: string) {
    // Two at once could not be told apart.
    if (this.#isRunning) return this.#socket.close(AGAINST_POLICY, 'a program runs here already: open another one')
    this.#isRunning = true
    clearTimeout(this.#idle)
    try {
      await this.#execute(text)
    } catch (err) {
      this.#ports.log.error({ err }, 'a WebSocket of a program failed')
      this.#socket.close(OUR_FAULT, 'our fault: the server log says more')
    } finally {
      this.#isRunning = false
      this.#rest()
    }
  }

  async #execute(text: string) {
    const begun = await this.#begin(text)
    if ('refused' in begun) return void (await this.#send(refusalFrame(begun.refused)))
    const { identifier } = begun
    await this.#send({ identifier, output: [], status: 0, completed: false, message: 'PENDING' })
    const { signal } = this.#gone
    for (let had = 0; !signal.aborted; ) {
      if (!this.#ports.isLetIn())
        return this.#socket.close(AGAINST_POLICY, 'this token is disabled, expired or revoked')
      const state = (await this.#ports.runs.read(this.#who, identifier, had)) ?? GONE
      had += state.messages.length
      for (const frame of framesOf(state)) if (!signal.aborted) await this.#send(frame)
      if (state.completed) return
      await this.#ports.runs.changed(identifier, had, signal)
    }
  }

  /** @returns the run's id, or why there is none */
  async #begin(text: string): Promise<{ identifier: string } | { refused: string }> {
    try {
      const { action, data } = Object(parsedText(text)) as Record<string, unknown>
      if (action !== 'execute') return { refused: 'There is one action: {"action":"execute","data":{...}}.' }
      if (!this.#ports.isLetIn()) return { refused: 'This token is disabled, expired or revoked.' }
      const { request, language } = checkRequest(data, this.#ports.languageOf)
      return await this.#ports.runs.add(this.#who, request, language.name)
    } catch (error) {
      if (error instanceof PlanError) return { refused: error.message }
      throw error
    }
  }

  /** Resolves when it is on its way: whoever does not read is not written for. */
  async #send(message: object): Promise<void> {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    const unread = setTimeout(() => this.#socket.terminate(), UNREAD_MS)
    await new Promise<void>((resolve) => this.#socket.send(JSON.stringify(message), () => resolve()))
    clearTimeout(unread)
  }

  #rest() {
    if (this.#gone.signal.aborted) return
    this.#idle = setTimeout(() => this.#socket.close(DONE, 'nothing was asked for'), IDLE_MS)
  }
}
