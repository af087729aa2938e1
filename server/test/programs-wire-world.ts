import type { AddressInfo } from 'node:net'
import { WebSocket } from 'ws'
import { openStateDatabase } from '../src/database/state-database.ts'
import type { Caller } from '../src/http/access.ts'
import { openHttp } from '../src/http/open-http.ts'
import { loggingFor } from '../src/index.ts'
import type { ProgramsState } from '../src/programs/machine/report.ts'
import { ProgramRuns } from '../src/programs/runs/program-runs.ts'
import { programRoutes } from '../src/programs/wire/routes.ts'
import { type Wire, wire } from './laboratory-client.ts'
import { settingsFor } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

type Undo = (undo: () => Promise<void>) => void
type How = { token?: string | null; headers?: Record<string, string> }

const ROLES: Record<string, Caller['role']> = { ann: 'analyst', bob: 'analyst', root: 'admin', viewer: 'viewer' }
export const A_PROGRAM = {
  files: [{ basename: 'main.py', contents: 'print(1)\n' }],
  mode: 'run',
  name: 'N',
  lab: false,
}

/** The routes of programs on a real HTTP server and real rows; what runs say, the test has them say. */
export class ProgramsWire {
  readonly url: string
  readonly runs: ProgramRuns
  /** Tokens that work no more. */
  readonly revoked = new Set<string>()
  /** Why no programs are run; null: they are. */
  off: string | null = null

  private constructor(url: string, runs: ProgramRuns) {
    this.url = url
    this.runs = runs
  }

  static async start(undo: Undo, environment: Record<string, string> = {}): Promise<ProgramsWire> {
    const dataDir = await temporaryFolder(undo)
    const settings = settingsFor(dataDir, environment)
    const logging = loggingFor(settings, () => {})
    const database = await openStateDatabase(dataDir)
    undo(() => database.close())
    let jobs = 0
    const runs: ProgramRuns = new ProgramRuns({
      ...{ database, settings, now: () => Date.now(), onWritten() {} },
      refusal: async () => world.off,
      jobs: () => ({ add: async () => ({ id: `job ${++jobs}` }), wake() {}, cancel: async () => null }) as never,
    })
    undo(() => runs.close())
    const closers: (() => unknown)[] = []
    undo(async () => {
      for (const close of closers.reverse()) await close()
    })
    const { http } = await openHttp(
      {
        ...{ logging, certificates: null, maxFrameBytes: 1e6, acceptMqtt() {}, onCrowd() {} },
        authenticate: (token) => {
          const role = ROLES[token]
          if (!role || world.revoked.has(token)) return null
          return { tokenId: token, name: token, role, account: `person:${token}` }
        },
      },
      closers,
    )
    const languages = async (): Promise<ProgramsState> => ({ available: true, reason: null, languages: [] })
    await programRoutes(http, { runs, languages }, { settings, log: logging.of('programs') })
    await http.listen({ port: 0, host: '127.0.0.1' })
    const world = new ProgramsWire(`http://127.0.0.1:${(http.server.address() as AddressInfo).port}`, runs)
    return world
  }

  call(method: string, path: string, body?: unknown, { token = 'ann', headers = {} }: How = {}): Promise<Wire> {
    return wire(this, method, path, body, { token, headers })
  }

  /** Has a program run; @returns its id */
  async run(how: How = {}): Promise<string> {
    const { body } = await this.call('POST', '/run_program/', A_PROGRAM, how)
    if (body?.identifier === '' || !body?.identifier) throw new Error(JSON.stringify(body))
    return body.identifier
  }

  /** What there is of a run. */
  async poll(identifier: string, read = 0, how: How = {}): Promise<Wire['body']> {
    return (await this.call('POST', '/check_output/', { identifier, read }, how)).body
  }

  /** A WebSocket, and all that came over it. */
  socket({ token = 'ann', headers = {} }: How = {}, path = '/run_program/ws') {
    return new Listener(this.url.replace('http', 'ws') + path, {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    })
  }
}

/** One end of a WebSocket. */
export class Listener {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
  readonly frames: any[] = []
  readonly socket: WebSocket
  /** With its code; of one that was refused: with the status and the body of the refusal. */
  readonly closed: Promise<{ code: number; status: number; body: unknown }>
  #more = Promise.withResolvers<void>()

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers })
    const { promise, resolve } = Promise.withResolvers<{ code: number; status: number; body: unknown }>()
    this.closed = promise
    this.socket.on('error', () => {})
    this.socket.on('unexpected-response', async (_, answer) => {
      const text = Buffer.concat(await answer.toArray()).toString()
      resolve({ code: 0, status: answer.statusCode ?? 0, body: JSON.parse(text) })
    })
    this.socket.on('close', (code) => resolve({ code, status: 101, body: null }))
    this.socket.on('message', (bytes) => {
      this.frames.push(JSON.parse(String(bytes)))
      this.#more.resolve()
      this.#more = Promise.withResolvers()
    })
  }

  async send(message: unknown) {
    if (this.socket.readyState !== WebSocket.OPEN) await new Promise((resolve) => this.socket.once('open', resolve))
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  }

  /** Waits until there are so many frames, or until one says that all has come. */
  async until(count: number | 'completed') {
    const isThere = () => (count === 'completed' ? this.frames.at(-1)?.completed : this.frames.length >= count)
    while (!isThere()) await this.#more.promise
    return this.frames
  }
}
