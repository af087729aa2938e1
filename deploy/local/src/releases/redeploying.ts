import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Home, homeAt, type PrintedSpan, type ServerProcess } from '@ajar/redeploy'
import type { Command, Errand, Watchdog } from '@ajar/watchdog'
import { Process } from '../processes.ts'
import { CHECKOUT, fingerprintOf } from './checkout.ts'
import { listenForRequests, type RequestSocket } from './request-socket.ts'
import { WhatRuns } from './what-runs.ts'

const REDEPLOYER = 'deploy/redeploy/src/main.ts'
/** It ends the programs that it runs, and a rehearsal. */
const STOP_LIMIT_MS = 10_000
/** Before the server starts it only moves links. */
const RECOVER_LIMIT_MS = 60_000
/** What of a release runs; agents are the checkout's. */
const RESTARTED = ['server', 'worker']

export interface RedeployingOptions {
  watchdog: Pick<Watchdog, 'addErrand' | 'restart' | 'liveness' | 'printed'>
  dataDir: string
  /** Where the server is reached, now or when it listens. */
  serverUrl(): string
  say(line: string): void
  /** For tests. */
  redeployer?: () => Command
  fingerprint?: () => Promise<string>
}

/** Redeploys of a checkout: requests are taken at a socket, and done by a redeployer that asks us to restart what runs. */
export class Redeploying {
  readonly #options: RedeployingOptions
  readonly #home: Home
  readonly #runs: WhatRuns
  #redeployer: Errand | null = null
  #socket: RequestSocket | null = null

  constructor(options: RedeployingOptions) {
    this.#options = options
    this.#home = homeAt(join(options.dataDir, 'deploy'))
    const { say, fingerprint = () => fingerprintOf(CHECKOUT) } = options
    this.#runs = new WhatRuns(this.#home, { say, fingerprint })
  }

  /** What the server is told by AJAR_DEPLOY_DIR. */
  get folder(): string {
    return this.#home.folder
  }

  /** A redeploy was cut short: what runs may be on trial, and no good. */
  get isPending(): boolean {
    return existsSync(this.#home.pending)
  }

  get runs(): WhatRuns {
    return this.#runs
  }

  /**
   * Before the server starts, in a data folder that is ours: what was cut short is undone where it is no good, and it is
   * decided what runs.
   */
  async prepare(choice: { wantsCheckout: boolean }): Promise<void> {
    if (this.isPending) await this.#recover()
    await this.#runs.decide(choice)
  }

  /** Once the server was started: what was cut short goes on, and requests are taken. */
  async start(): Promise<void> {
    const { watchdog, say, redeployer } = this.#options
    this.#redeployer = await watchdog.addErrand({
      name: 'redeployer',
      command: redeployer ?? (() => this.#runs.redeployer(REDEPLOYER, 'serve')),
      environment: () => this.#environment,
      scripts: redeployer ? redeployer().args.slice(0, 1) : this.#runs.places(REDEPLOYER),
      stopLimitMs: STOP_LIMIT_MS,
      onMessage: (message) => this.#answer(message),
    })
    try {
      this.#socket = await listenForRequests(this.#home.socket, (connection) =>
        this.#redeployer?.work('connection', connection),
      )
    } catch (error) {
      say(`No redeploys: nothing can listen at ${this.#home.socket} (${(error as Error).message}).`)
    }
    if (this.isPending || existsSync(this.#home.work)) this.#redeployer.run()
  }

  /** Takes no requests any more; the watchdog ends the redeployer. */
  close() {
    this.#socket?.close()
    this.#socket = null
  }

  get #environment() {
    return { AJAR_DATA_DIR: this.#options.dataDir, AJAR_DEPLOY_DIR: this.folder, AJAR_REDEPLOY_HOST: undefined }
  }

  /** Where it cannot be done now, the redeployer tries again once the server was started. */
  async #recover() {
    const { say } = this.#options
    const [script = '', ...args] = this.#runs.redeployer(REDEPLOYER, 'recover').args
    const recovering = new Process(script, args, { environment: this.#environment, onLine: say })
    const limit = setTimeout(() => recovering.kill('SIGKILL'), RECOVER_LIMIT_MS)
    await recovering.ended.catch((error: Error) => say(error.message))
    clearTimeout(limit)
  }

  /** What a redeployer of any release asks: words are only added. */
  #answer({ ask }: { ask?: unknown }) {
    const { id, call, force, span } = (ask ?? {}) as {
      id?: unknown
      call?: unknown
      force?: unknown
      span?: PrintedSpan
    }
    if (typeof id !== 'number') return
    const calls: Record<string, () => unknown> = {
      serverUrl: () => this.#options.serverUrl(),
      serverProcess: () => this.#serverProcess(),
      serverLines: () => (span ? this.#options.watchdog.printed('server', span) : []),
      restart: () => this.#restart(force === true),
    }
    const does = Object.hasOwn(calls, String(call)) ? calls[String(call)] : undefined
    const answer = does ? { id, value: does() ?? null } : { id, error: `${call} is nothing that this watchdog knows` }
    this.#redeployer?.send({ answer })
  }

  #serverProcess(): ServerProcess {
    return this.#options.watchdog.liveness('server') ?? { pid: null, crashes: 0, state: 'stopped' }
  }

  #restart(force: boolean) {
    for (const name of RESTARTED) this.#options.watchdog.restart(name, { force })
    // By force is back: how the checkout was when that release was deployed is known.
    if (!force)
      this.#runs.wasDeployed().catch((error: Error) => {
        this.#options.say(`The next start will run the checkout, not this release: ${error.message}`)
      })
  }
}
