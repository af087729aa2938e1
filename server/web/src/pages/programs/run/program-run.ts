import { type ReadonlySignal, signal } from '@preact/signals'
import { ApiError, isAway, send } from '../../../api/client.ts'
import type { FrameBody, MessageBody, OutputBody, ProgramBody } from '../../../api/program-bodies.ts'

/** One line of a run, and the case of a lab that said it. */
export type Line = MessageBody & { ref?: string }

export interface RunState {
  /** By which it is found again; empty until the server has taken it. */
  identifier: string
  /** All that came so far; it grows. */
  lines: readonly Line[]
  isOver: boolean
  /** Exit status; null until it is over, or where nothing was run. */
  status: number | null
  outcome: 'SUCCESS' | 'FAILURE' | null
  wasStopped: boolean
  /** Nothing of it was run. */
  wasRefused: boolean
  /** Why it was not run, or why no more is heard of it. */
  fault: string | null
}

export const RUN_PATH = '/run_program/'
const SOCKET_PATH = '/run_program/ws'
const OUTPUT_PATH = '/check_output/'
const STOP_PATH = '/api/programs/runs/'
const POLL_MS = 250
/** So many calls in a row may go without an answer: a minute, in which a server restarts. */
const MOST_UNANSWERED = 240
/** What comes within it is shown at once. */
const GATHERED_MS = 50
const LOST = 'The line to the server broke before it said which run this is: run it again.'
const UNHEARD = 'The server has not answered for a minute. Run it again when it is back.'

/**
 * One run of a program: asked for and heard over a WebSocket; where none can be had, or it breaks, over plain calls, from
 * the line on that came last.
 */
export class ProgramRun {
  readonly #lines: Line[] = []
  readonly #state = signal<RunState>({
    identifier: '',
    lines: this.#lines,
    isOver: false,
    status: null,
    outcome: null,
    wasStopped: false,
    wasRefused: false,
    fault: null,
  })
  /** Somebody wants it ended that has no name yet. */
  #isToStop = false
  #socket: WebSocket | null = null
  #gathering: ReturnType<typeof setTimeout> | undefined
  #isLeft = false

  get state(): ReadonlySignal<RunState> {
    return this.#state
  }

  begin(program: ProgramBody) {
    const { protocol, host } = location
    const socket = new WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}${SOCKET_PATH}`)
    this.#socket = socket
    let isSent = false
    socket.onopen = () => {
      isSent = true
      socket.send(JSON.stringify({ action: 'execute', data: program }))
    }
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(String(data)) as FrameBody)
    socket.onclose = () => {
      if (this.#isDone) return
      if (this.#identifier !== '') void this.#poll()
      // Sent twice it would run twice.
      else if (isSent) this.#fail(LOST)
      else void this.#post(program)
    }
  }

  /** Hears a run that was begun before, from its first line on. @param wasStopped somebody had pressed Stop */
  resume(identifier: string, wasStopped: boolean) {
    this.#change({ identifier, wasStopped })
    void this.#poll()
  }

  /** One that the server has not named yet is ended as soon as it has. @throws ApiError where the server did not end it */
  async stop() {
    const identifier = this.#identifier
    if (identifier === '') this.#isToStop = true
    else await send('DELETE', STOP_PATH + encodeURIComponent(identifier))
    this.#change({ wasStopped: true })
  }

  /** Hears no more of it. It goes on where it runs, to its end. */
  leave() {
    this.#isLeft = true
    clearTimeout(this.#gathering)
    this.#socket?.close()
  }

  get #identifier(): string {
    return this.#state.peek().identifier
  }

  get #isDone(): boolean {
    return this.#isLeft || this.#state.peek().isOver
  }

  #hear({ identifier, output = [], ref, ...progress }: FrameBody) {
    if (this.#isDone) return
    // The reason stands in the output too, for older clients.
    if (identifier === '') return this.#refuse(progress.message)
    if (identifier) this.#named(identifier)
    for (const message of output) this.#lines.push(ref === undefined ? message : { ...message, ref })
    this.#goOn(progress)
    if (this.#isDone) this.#socket?.close()
  }

  async #post(program: ProgramBody) {
    try {
      const { identifier, message } = await send<{ identifier: string; message: string }>('POST', RUN_PATH, program)
      if (identifier === '') return this.#refuse(message)
      this.#named(identifier)
      await this.#poll()
    } catch (error) {
      this.#refuse(saidOf(error))
    }
  }

  #named(identifier: string) {
    this.#change({ identifier })
    if (!this.#isToStop) return
    this.#isToStop = false
    // Where that does not arrive, it can be pressed again.
    this.stop().catch(() => this.#change({ wasStopped: false }))
  }

  async #poll() {
    let unanswered = 0
    while (!this.#isDone) {
      try {
        const asked = { identifier: this.#identifier, read: this.#lines.length }
        const { output, ...progress } = await send<OutputBody>('POST', OUTPUT_PATH, asked)
        if (this.#isDone) return
        unanswered = 0
        for (const { msg, ref } of output) this.#lines.push(ref === undefined ? msg : { ...msg, ref })
        this.#goOn(progress)
      } catch (error) {
        if (!isAway(error)) return this.#fail(saidOf(error))
        if (++unanswered >= MOST_UNANSWERED) return this.#fail(UNHEARD)
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  #goOn({ completed, status, message }: Pick<FrameBody, 'completed' | 'status' | 'message'>) {
    if (message !== 'PENDING' && message !== 'SUCCESS' && message !== 'FAILURE') return this.#fail(message)
    if (completed) return this.#end({ status, outcome: message === 'SUCCESS' ? 'SUCCESS' : 'FAILURE' })
    // A program may print more lines than a browser can draw one by one.
    this.#gathering ??= setTimeout(() => this.#change({}), GATHERED_MS)
  }

  #fail(fault: string) {
    this.#end({ fault })
    this.#socket?.close()
  }

  #refuse(fault: string) {
    this.#end({ fault, wasRefused: true })
    this.#socket?.close()
  }

  #end(change: Partial<RunState>) {
    if (!this.#isDone) this.#change({ ...change, isOver: true })
  }

  #change(change: Partial<RunState>) {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    if (!this.#isLeft) this.#state.value = { ...this.#state.peek(), ...change }
  }
}

/** The paths of the older clients say why in a shape of their own. */
export function saidOf(error: unknown): string {
  const { message } = (error instanceof ApiError ? (error.body ?? {}) : {}) as { message?: unknown }
  if (typeof message === 'string' && message !== '') return message
  return error instanceof Error ? error.message : String(error)
}
