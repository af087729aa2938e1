import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Process } from '@ajar/local'
import { randomFrom } from '../chance.ts'
import { readKept, readPending, readReadings } from '../kept.ts'
import { teachDoor } from '../lesson.ts'
import { System, until, watch } from '../system.ts'
import { Wire } from '../wire.ts'
import { caughtUpAt, type Hurry, hurried } from './hurried-clock.ts'
import { type DoorState, IpCamera } from './ip-camera.ts'
import { judgeOutage, type OutageVerdict, type Seen } from './judge-outage.ts'
import { OutboxWitness } from './outbox-witness.ts'

/**
 * An agent with two cameras loses its server for an hour. Meanwhile it is killed again and again, its outbox runs full,
 * and its clock is set back once. Then the server comes back. What became of the frames, and what did the doors look like to
 * whoever watched?
 */

export interface OutageOptions {
  /** How long the server is away, by the agent's clock. */
  outageMs: number
  /** How many times as fast that clock runs. */
  scale: number
  kills: number
  /** What the outbox may hold, and what it has to leave free on the disk. */
  outbox: { maxBytes?: number; minFreeBytes: number }
  /** Where the agent keeps its data; a folder of the story's own unless told. */
  dataDir?: string
  seed: number
  onStep?(text: string): void
}

export interface OutageReport extends OutageVerdict {
  kills: number
  seconds: number
}

/** The door moves this often; it stays open from a while before the server is back. */
const SHUT_MS = 50_000
const OPEN_MS = 20_000
const STAYS_OPEN_MS = 90_000
/** Long enough for the states to be earned before the server goes. */
const BEFORE_MS = 60_000
const SET_BACK_MS = 120_000
const LIMIT_MS = 300_000

export const DEVICE = 'pi'
export const CAMERAS = ['front', 'back']
const PRELOADED = ['hurried-clock.ts', '../shifted-clock.ts'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
)

export async function outage(options: OutageOptions): Promise<OutageReport> {
  const began = performance.now()
  const system = await System.start()
  const wire = new Wire()
  const scene = new Scene(system, wire, options)
  try {
    await wire.start(system.mqttPort)
    await Promise.all(CAMERAS.map((camera) => teachDoor(system, `${DEVICE}/${camera}`)))
    await scene.begin()
    await scene.loseServer()
    const kills = await scene.endure()
    await scene.findServer()
    const verdict = judgeOutage(await scene.end())
    return { ...verdict, kills, seconds: Math.round((performance.now() - began) / 1000) }
  } finally {
    await scene.close()
    await wire.close()
    await system.close()
  }
}

class Scene {
  readonly #system: System
  readonly #wire: Wire
  readonly #options: OutageOptions
  readonly #random: () => number
  readonly #camera = new IpCamera(() => this.#doorNow())
  readonly #dataDir: string
  readonly #clockFile: string
  #witness: OutboxWitness | null = null
  #agent: Process | null = null
  #hurry: Hurry = { startedAtMs: 0, lagMs: 0, scale: 2 }
  #lesson = new Set<string>()
  #lostAtMs = 0
  #firstAfter = 0
  readonly #disturbed: Seen['disturbed'] = []
  #states: Seen['states'] = []

  constructor(system: System, wire: Wire, options: OutageOptions) {
    this.#system = system
    this.#wire = wire
    this.#options = options
    this.#random = randomFrom(options.seed)
    this.#dataDir = options.dataDir ?? join(system.folder, 'agent')
    this.#clockFile = join(system.folder, 'clock')
  }

  /** The agent's time, but for its clock being set back. */
  get #now(): number {
    return Math.floor(hurried(this.#hurry, Date.now()))
  }

  /** Everybody works, and the states of both doors are known. */
  async begin(): Promise<void> {
    const { outageMs, scale } = this.#options
    this.#lesson = new Set(readKept(this.#system.dataDir).frames.map(({ id }) => id))
    const outbox = join(this.#dataDir, 'outbox')
    await mkdir(outbox, { recursive: true })
    this.#witness = new OutboxWitness(outbox)
    await this.#camera.start()
    await this.#configure(await this.#system.addDevice(DEVICE))
    await this.#setClock(0)
    this.#hurry = { startedAtMs: Date.now(), lagMs: outageMs + BEFORE_MS, scale }
    this.#start()
    await until(() => this.#now - this.#hurry.startedAtMs + this.#hurry.lagMs > BEFORE_MS, LIMIT_MS)
    await until(() => CAMERAS.every((camera) => this.#captured(camera).length > 10), LIMIT_MS)
  }

  async loseServer(): Promise<void> {
    await this.#system.killServer()
    this.#wire.target = null
    this.#wire.cut()
    this.#lostAtMs = this.#now
    this.#say('the server is gone')
  }

  /** The hour. @returns how often the agent was killed */
  async endure(): Promise<number> {
    const { kills, scale } = this.#options
    const setBackAt = Math.floor(kills / 2)
    const end = caughtUpAt(this.#hurry) - STAYS_OPEN_MS / scale
    let done = 0
    while (done < kills && Date.now() < end) {
      // Evenly spread, and at any moment of a frame's life.
      await sleep(((end - Date.now()) / (kills - done)) * (0.5 + this.#random()))
      if (done === setBackAt) await this.#setBack()
      await this.#kill()
      done++
    }
    await until(() => Date.now() > caughtUpAt(this.#hurry), LIMIT_MS)
    return done
  }

  /** The server is there again, and who watches its states sees every change. */
  async findServer(): Promise<void> {
    this.#say(`the server comes back, ${this.#witness?.waiting().size} frames wait`)
    await this.#system.startServer()
    this.#states = await watch(await this.#system.connectOperator(), `ajar/${DEVICE}/+/state`)
    this.#firstAfter = this.#wire.sent.length
    this.#wire.target = this.#system.mqttPort
    // The doors stand open, and a frame a second goes on telling so; the outbox is as good as empty then.
    await until(() => (this.#witness?.waiting().size ?? 0) <= 2 * CAMERAS.length, LIMIT_MS)
    this.#say('the backlog is in')
  }

  /** Everybody stops in order, and what there is to know is looked up. */
  async end(): Promise<Seen> {
    await until(() => readPending(this.#system.dataDir).length === 0, LIMIT_MS)
    await this.#transitionsRecomputed()
    const agentCounts = await this.#dropped()
    await this.#agent?.stop()
    await until(() => readPending(this.#system.dataDir).length === 0, LIMIT_MS)
    const transitions = new Map<string, { at: number; state: string }[]>()
    for (const camera of CAMERAS) transitions.set(camera, await this.#transitions(camera))
    await this.#system.stopServer()
    const kept = readKept(this.#system.dataDir)
    const other = ({ id }: { id: string }) => !this.#lesson.has(id)
    return {
      device: DEVICE,
      cameras: CAMERAS,
      kept: {
        frames: kept.frames.filter(other),
        pending: kept.pending,
        ended: kept.ended.filter(other),
        results: kept.results.filter((id) => !this.#lesson.has(id)),
      },
      wire: this.#wire,
      firstAfter: this.#firstAfter,
      readings: readReadings(this.#system.dataDir).map(({ device, sensor, at }) => `${device}/${sensor}/${at}`),
      captured: this.#witness?.captured ?? new Set(),
      dropped: this.#witness?.dropped ?? new Set(),
      waiting: this.#witness?.waiting() ?? new Set(),
      agentCounts,
      states: this.#states,
      lostAtMs: this.#lostAtMs,
      foundAtMs: caughtUpAt(this.#hurry),
      changes: this.#changes(),
      disturbed: this.#disturbed,
      transitions,
    }
  }

  async close(): Promise<void> {
    this.#agent?.kill('SIGKILL')
    await this.#agent?.ended
    this.#witness?.close()
    this.#camera.close()
  }

  async #configure(token: string): Promise<void> {
    const gate = { heartbeatMs: 1000 }
    const url = this.#camera.url
    const cameras = CAMERAS.map((name) => ({
      name,
      driver: 'http-snapshot',
      url,
      intervalMs: 1000,
      timeoutMs: 120_000,
      gate,
    }))
    const config = {
      device: DEVICE,
      token,
      server: `mqtt://127.0.0.1:${this.#wire.port}`,
      dataDir: this.#dataDir,
      cameras,
      sensors: [{ name: 'load', driver: 'cpu-load', intervalMs: 5000 }],
      outbox: this.#options.outbox,
      statusIntervalMs: 1000,
    }
    await writeFile(this.#configFile, JSON.stringify(config))
  }

  get #configFile(): string {
    return join(this.#system.folder, 'agent.json')
  }

  #start(): void {
    this.#agent = this.#system.startAgent(this.#configFile, () => {}, {
      environment: {
        TEST_HURRY: JSON.stringify(this.#hurry),
        TEST_CLOCK_FILE: this.#clockFile,
        NODE_OPTIONS: PRELOADED.map((path) => `--import=${path}`).join(' '),
      },
      onLine: (line) => this.#say(line),
    })
  }

  async #kill(): Promise<void> {
    const fromMs = this.#now
    this.#agent?.kill('SIGKILL')
    await this.#agent?.ended
    const before = this.#witness?.captured.size ?? 0
    this.#start()
    await until(() => (this.#witness?.captured.size ?? 0) > before, LIMIT_MS)
    this.#disturbed.push({ fromMs, toMs: this.#now })
  }

  /** Somebody sets the clock back, and right again a minute later. */
  async #setBack(): Promise<void> {
    const fromMs = this.#now
    await this.#setClock(-SET_BACK_MS)
    await sleep(SET_BACK_MS / 2 / this.#options.scale)
    await this.#setClock(0)
    this.#disturbed.push({ fromMs, toMs: this.#now })
    this.#say('the clock was set back for a minute')
  }

  async #setClock(offsetMs: number): Promise<void> {
    await writeFile(this.#clockFile, String(offsetMs))
  }

  #doorNow(): DoorState {
    return doorAt(this.#now, caughtUpAt(this.#hurry))
  }

  /** When the door moved during the outage, by the agent's clock. */
  #changes(): Seen['changes'] {
    const end = caughtUpAt(this.#hurry)
    const changes: Seen['changes'] = []
    for (let at = Math.ceil(this.#lostAtMs / 1000) * 1000; at < end; at += 1000) {
      const state = doorAt(at, end)
      if (doorAt(at - 1, end) !== state) changes.push({ at, state })
    }
    return changes
  }

  #captured(camera: string): string[] {
    return [...(this.#witness?.captured ?? [])].filter((id) => id.startsWith(`${camera}/frame/`))
  }

  /** Late frames are counted in once none came for a while. */
  async #transitionsRecomputed(): Promise<void> {
    const operator = await this.#system.connectOperator()
    operator.end()
    await until(async () => {
      const cameras = await Promise.all(CAMERAS.map((camera) => this.#transitions(camera)))
      return cameras.every((transitions) =>
        transitions.some(({ at }) => at > this.#lostAtMs && at < caughtUpAt(this.#hurry)),
      )
    }, LIMIT_MS)
  }

  async #transitions(camera: string): Promise<{ at: number; state: string }[]> {
    const path = `/api/cameras/${DEVICE}/${camera}/transitions?from=${Math.floor(this.#lostAtMs)}&limit=1000`
    const { items } = await this.#system.api.get<{ items: { at: string; to: string }[] }>(path)
    return items.map(({ at, to }) => ({ at: Date.parse(at), state: to }))
  }

  /** What the agent itself says it has dropped since its outbox was made, readings included. */
  async #dropped(): Promise<number> {
    const { status } = await this.#system.api.get<{ status: { droppedFrames: number } }>(`/api/devices/${DEVICE}`)
    return status.droppedFrames
  }

  #say(text: string): void {
    this.#options.onStep?.(`${new Date(this.#now).toISOString().slice(11, 19)} ${text}`)
  }
}

function doorAt(at: number, end: number): DoorState {
  if (at >= end - STAYS_OPEN_MS) return 'open'
  return at % (SHUT_MS + OPEN_MS) < SHUT_MS ? 'closed' : 'open'
}
