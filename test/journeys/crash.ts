import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Process } from '@ajar/local'
import { randomFrom } from './chance.ts'
import { type Kept, readKept, readPending } from './kept.ts'
import { teachDoor } from './lesson.ts'
import { framesOf, PersistentClient } from './persistent-client.ts'
import { door, withComment } from './pictures.ts'
import { System, until } from './system.ts'
import { judge, type Verdict } from './verdict.ts'
import { Wire } from './wire.ts'

/** Two agents and a client publish while server and agents are killed again and again. What became of the frames? */

export interface CrashOptions {
  /** How often something is killed. */
  kills: number
  /** Decides what is killed and how soon; when exactly that is in the life of a frame, the machine decides. */
  seed: number
  onKill?(text: string): void
}

export interface CrashReport extends Verdict {
  /** How often the server was killed, how often of these while it started, and how often an agent was. */
  killed: { server: number; startingServer: number; agent: number }
}

/** `taught` has a model, the others have none, which takes less time. */
const AGENTS = [
  { device: 'pi-one', camera: 'taught', intervalMs: 100 },
  { device: 'pi-two', camera: 'untaught', intervalMs: 50 },
]
const CLIENT = { device: 'client', camera: 'cam' }
const PICTURES = 24
const FRAMES_BETWEEN_KILLS = 60
/** Many frames may wait to be classified on a slow machine. */
const DRAIN_MS = 600_000
/** A server is ready after a second or more: some kills come before. */
const STARTING_MS = 1500

type Victim = 'server' | 'starting server' | 'agent' | 'server and agent'
const VICTIMS: Victim[] = ['server', 'starting server', 'agent', 'server and agent', 'server']

export async function crash({ kills, seed, onKill = () => {} }: CrashOptions): Promise<CrashReport> {
  const random = randomFrom(seed)
  const wire = new Wire()
  const system = await System.start()
  try {
    await wire.start(system.mqttPort)
    await teachDoor(system, 'pi-one/taught')
    const lesson = new Set((await framesOfLesson(system)).map(({ id }) => id))
    const scene = new Scene(system, wire)
    await scene.start()
    const killed = { server: 0, startingServer: 0, agent: 0 }
    for (let i = 0; i < kills; i++) {
      const victim = VICTIMS[Math.floor(random() * VICTIMS.length)] as Victim
      await scene.frames(1 + Math.floor(random() * FRAMES_BETWEEN_KILLS))
      await scene.kill(victim, Math.floor(random() * AGENTS.length), random() * STARTING_MS)
      if (victim !== 'agent') killed.server += 1
      if (victim === 'starting server') killed.startingServer += 1
      if (victim.endsWith('agent')) killed.agent += 1
      onKill(`${i + 1}: ${victim}, ${wire.acknowledged.length} PUBACKs so far`)
    }
    await scene.drain()
    await system.stopServer()
    const kept = readKept(system.dataDir)
    return { killed, ...judge(wire, without(kept, lesson)) }
  } finally {
    await wire.close()
    await system.close()
  }
}

/** Whoever publishes, and how it is killed. */
class Scene {
  readonly #system: System
  readonly #wire: Wire
  readonly #agents: Process[] = []
  readonly #configs: { looping: string; short: string }[] = []
  #client: PersistentClient | null = null

  constructor(system: System, wire: Wire) {
    this.#system = system
    this.#wire = wire
  }

  async start(): Promise<void> {
    const pictures = await folderOfPictures(this.#system.folder, PICTURES)
    const onePicture = await folderOfPictures(this.#system.folder, 1)
    for (const { device, camera, intervalMs } of AGENTS) {
      const token = await this.#system.addDevice(device)
      const dataDir = join(this.#system.folder, device)
      const config = { device, token, server: `mqtt://127.0.0.1:${this.#wire.port}`, dataDir }
      const folder = { name: camera, driver: 'folder' }
      const write = async (name: string, cameraConfig: object) => {
        const path = join(this.#system.folder, `${device}-${name}.json`)
        await writeFile(path, JSON.stringify({ ...config, cameras: [{ ...folder, ...cameraConfig }] }))
        return path
      }
      const looping = await write('looping', { path: pictures, loop: true, intervalMs })
      this.#configs.push({ looping, short: await write('short', { path: onePicture, speed: 'max' }) })
      this.#agents.push(this.#system.startAgent(looping))
    }
    const token = await this.#system.addDevice(CLIENT.device)
    const jpeg = await door('open')
    this.#client = new PersistentClient({
      device: CLIENT.device,
      port: this.#wire.port,
      token,
      next: framesOf(CLIENT, jpeg),
    })
    this.#client.start()
  }

  /** Waits until so many more frames were acknowledged. */
  async frames(count: number): Promise<void> {
    const before = this.#wire.acknowledged.length
    await until(() => this.#wire.acknowledged.length >= before + count, DRAIN_MS)
  }

  /** Kills, and starts again what was killed. */
  async kill(victim: Victim, agent: number, startingMs: number): Promise<void> {
    if (victim.endsWith('agent')) await this.#killAgent(agent)
    if (victim === 'agent') return
    await this.#system.killServer()
    this.#wire.target = null
    if (victim === 'starting server') {
      const starting = this.#system.startServer().catch(() => {}) // killed before it was ready
      await Promise.race([starting, sleep(startingMs)])
      await this.#system.killServer()
      await starting
    }
    await this.#system.startServer()
    this.#wire.target = this.#system.mqttPort
  }

  async #killAgent(agent: number): Promise<void> {
    this.#agents[agent]?.kill('SIGKILL')
    await this.#agents[agent]?.ended
    this.#agents[agent] = this.#system.startAgent(this.#configs[agent]?.looping ?? '')
  }

  /** Every agent gets one last picture and says when its outbox is empty; then no frame waits in the server either. */
  async drain(): Promise<void> {
    await this.#client?.finish()
    for (const [i, agent] of this.#agents.entries()) {
      agent.kill('SIGKILL')
      await agent.ended
      const drained = Promise.withResolvers<void>()
      const last = this.#system.startAgent(this.#configs[i]?.short ?? '', ({ agent: said }) => {
        if ((said as { state?: string })?.state === 'drained') drained.resolve()
      })
      await drained.promise
      await last.stop()
    }
    await until(() => readPending(this.#system.dataDir).length === 0, DRAIN_MS)
  }
}

function without({ frames, pending, ended, results }: Kept, lesson: Set<string>): Kept {
  const other = ({ id }: { id: string }) => !lesson.has(id)
  return {
    frames: frames.filter(other),
    pending,
    ended: ended.filter(other),
    results: results.filter((id) => !lesson.has(id)),
  }
}

async function framesOfLesson({ api, dataDir }: System): Promise<{ id: string }[]> {
  const camera = encodeURIComponent('pi-one/taught')
  await until(() => readPending(dataDir).length === 0, DRAIN_MS)
  const { items } = await api.get<{ items: { id: string }[] }>(`/api/frames?camera=${camera}&limit=1000`)
  return items
}

async function folderOfPictures(parent: string, count: number): Promise<string> {
  const folder = join(parent, `pictures-${count}`)
  await mkdir(folder)
  const [open, closed] = [await door('open'), await door('closed')]
  for (let i = 0; i < count; i++)
    await writeFile(join(folder, `${i}.jpg`), withComment(i % 2 === 0 ? open : closed, `picture ${i}`))
  return folder
}
