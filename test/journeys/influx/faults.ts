import { mkdtemp, open, rm, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MqttClient } from 'mqtt'
import { InfluxdProcess } from '../../setup/influxd.ts'
import { Link } from '../../setup/link.ts'
import { randomFrom } from '../chance.ts'
import { teachDoor } from '../lesson.ts'
import { door, withComment } from '../pictures.ts'
import { openSmallDisk, type SmallDisk } from '../small-disk.ts'
import { System, until } from '../system.ts'
import { differences, pointsIn, recordedIn } from './compare.ts'

/** InfluxDB is killed, halted, slow, without room, without us: what was recorded meanwhile is there once in the end. */

export interface InfluxFaultsOptions {
  /** How often each of the faults comes, in an order that the seed decides. */
  rounds: number
  seed: number
  /** While each of them lasts. */
  frames: number
  readings: number
  /** Bytes a second of the line when it is slow. */
  rate: number
  onStep?(text: string): void
}

export interface InfluxFaultsReport {
  faults: number
  /** Points that were to be there, and are. */
  points: number
  /** Points that waited at once. */
  mostWaiting: number
  /** Resident bytes of the server: at the begin, and the most. */
  rssBefore: number
  rssMost: number
  /** Milliseconds from the sending of a frame to its acknowledgement, the slowest: calm, and in a fault. */
  slowestCalm: number
  slowestInFault: number
  /** What could not be tried here. */
  leftOut: string[]
  broken: string[]
}

const DATABASE = 'doors'
const ADMIN = 'root:the password of root'
const [USER, PASSWORD] = ['ajar', 'a pass/word: of ours']
const CAMERA = 'pi/cam'
const SENSORS = 8
const DISK_BYTES = 96 * 1024 ** 2
/** What waits lies on the disk: memory is for a page of it, and for what the engine of the pictures takes. */
const MOST_GROWTH = 300 * 1024 ** 2
/** InfluxDB is let be by the server for half a minute at most. */
const DRAIN_MS = 300_000

export async function influxFaults(options: InfluxFaultsOptions): Promise<InfluxFaultsReport> {
  const disk = await openSmallDisk(DISK_BYTES).catch((error: Error) => error)
  const folder = disk instanceof Error ? await mkdtemp(join(tmpdir(), 'ajar-influx-')) : disk.folder
  const scene = new Scene(options, disk instanceof Error ? null : disk)
  try {
    await scene.start(folder)
    const faults = scene.faults
    const random = randomFrom(options.seed)
    for (let round = 0; round < options.rounds; round++)
      for (const fault of shuffled(faults, random)) await scene.suffer(fault)
    const { noRoom } = scene
    if (noRoom) await scene.suffer(noRoom)
    const leftOut = disk instanceof Error ? [`a full disk: ${disk.message.split('\n')[0]}`] : []
    return { ...(await scene.judge()), faults: options.rounds * faults.length + (noRoom ? 1 : 0), leftOut }
  } finally {
    await scene.close()
    if (disk instanceof Error) await rm(folder, { recursive: true, force: true })
    else await disk.close()
  }
}

/** A fault of what is between us and our points. */
interface Fault {
  name: string
  begin(): Promise<unknown> | unknown
  end(): Promise<unknown> | unknown
  /** What the server says of it; null: it may not notice. */
  said: RegExp | null
  /** Points get through although it lasts. */
  isPassable?: true
}

class Scene {
  readonly #options: InfluxFaultsOptions
  readonly #disk: SmallDisk | null
  readonly #slowest = { calm: 0, inFault: 0 }
  readonly #broken: string[] = []
  #influxd!: InfluxdProcess
  #link!: Link
  #system!: System
  #client: MqttClient | null = null
  #token = ''
  #pictures: Buffer[] = []
  #time = 0
  #sent = 0
  #mostWaiting = 0
  #rssBefore = 0
  #rssMost = 0

  constructor(options: InfluxFaultsOptions, disk: SmallDisk | null) {
    this.#options = options
    this.#disk = disk
  }

  /** A server that has recorded something before it knew of InfluxDB. */
  async start(folder: string) {
    this.#influxd = await InfluxdProcess.launch(folder, { authentication: true })
    const [root, password] = ADMIN.split(':')
    await this.#influxd.query('', `create user ${root} with password '${password}' with all privileges`)
    for (const statement of [
      `create database ${DATABASE}`,
      `create user ${USER} with password '${PASSWORD}'`,
      `grant all on ${DATABASE} to ${USER}`,
      `create retention policy rollups on ${DATABASE} duration inf replication 1`, // which no other user may
    ])
      await this.#influxd.query('', statement, ADMIN)
    this.#link = await Link.open(this.#influxd.port)
    const environment: Record<string, string> = {}
    this.#system = await System.start(environment)
    this.#token = await this.#system.addDevice('pi')
    this.#pictures = await Promise.all((['closed', 'open'] as const).map((state) => door(state)))
    await teachDoor(this.#system, CAMERA)
    await this.#send(this.#options.frames)
    await this.#system.stopServer()
    const us = `${USER}:${encodeURIComponent(PASSWORD)}`
    environment.AJAR_INFLUX_URL = `http://${us}@127.0.0.1:${this.#link.port}/${DATABASE}`
    await this.#startServer()
    await this.#drained()
    await this.#send(this.#options.frames, 'calm')
    this.#rssBefore = await this.#rss()
  }

  get faults(): Fault[] {
    const influxd = this.#influxd
    const away = /cannot be reached|did not answer|broke off/
    const setPassword = (password: string) => influxd.query('', `set password for ${USER} = '${password}'`, ADMIN)
    return [
      { name: 'killed', begin: () => influxd.kill(), end: () => influxd.start(), said: away },
      { name: 'killed and back at once', begin: () => this.#killInfluxd(), end: () => {}, said: null },
      { name: 'halted', begin: () => influxd.halt(), end: () => influxd.goOn(), said: away },
      { name: 'answers are lost', begin: () => this.#lose(true), end: () => this.#lose(false), said: away },
      { name: 'the line breaks', begin: () => this.#break(700), end: () => this.#break(null), said: away },
      {
        name: 'the line is slow',
        begin: () => this.#slow(this.#options.rate),
        end: () => this.#slow(null),
        said: null,
        isPassable: true,
      },
      { name: 'another password', begin: () => setPassword('other'), end: () => setPassword(PASSWORD), said: /401/ },
      { name: 'both are killed', begin: () => influxd.kill(), end: () => this.#startBoth(), said: away },
    ]
  }

  /**
   * The last one: what InfluxDB 1.6 takes when it had no room and was started again it may lose when it is killed the next
   * time, though it had acknowledged it and gave it back (in three of five runs all that it took since that start).
   */
  get noRoom(): Fault | null {
    const begin = () => this.#fillDisk()
    return this.#disk && { name: 'no room', said: /no space left.*restart it/, begin, end: () => this.#emptyDisk() }
  }

  /** Records while it lasts; when it is over, all of it is there. */
  async suffer({ name, begin, end, said, isPassable }: Fault) {
    const startedAt = performance.now()
    await begin()
    await this.#send(this.#options.frames, 'inFault')
    if (said)
      await until(async () => {
        const { level, text } = await this.#health()
        return level === 'warn' && said.test(text)
      }, DRAIN_MS)
    if (isPassable) await this.#drained()
    await this.#look()
    await end()
    await this.#send(2)
    await this.#drained()
    await this.#look()
    const found = await this.#differences()
    this.#broken.push(...found.map((text) => `${name}: ${text}`))
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    this.#options.onStep?.(`${name}: ${seconds} s, ${found.length} differences, ${this.#mostWaiting} waited at most`)
  }

  async judge() {
    const broken = [...this.#broken, ...(await this.#differences()).map((text) => `in the end: ${text}`)]
    const jobs = await this.#system.api.get<{ items: { state: string }[] }>('/api/jobs?kind=influx_backfill')
    if (!jobs.items.some(({ state }) => state === 'done')) broken.push('no backfill was done')
    if (this.#rssMost > this.#rssBefore + MOST_GROWTH)
      broken.push(`the server grew from ${this.#rssBefore} to ${this.#rssMost} bytes`)
    const points = Object.values(recordedIn(this.#system.dataDir)).flat().length
    const [slowestCalm, slowestInFault] = [Math.round(this.#slowest.calm), Math.round(this.#slowest.inFault)]
    const seen = { mostWaiting: this.#mostWaiting, rssBefore: this.#rssBefore, rssMost: this.#rssMost }
    return { points, ...seen, slowestCalm, slowestInFault, broken }
  }

  async close() {
    this.#client?.end(true)
    await this.#system?.close()
    this.#link?.close()
    await this.#influxd?.kill()
  }

  async #startServer() {
    this.#client?.end(true)
    await this.#system.startServer()
    this.#client = await this.#system.connect('pi', this.#token)
  }

  /** Frames and readings, each of which is acknowledged before the next ones. */
  async #send(frames: number, when?: 'calm' | 'inFault') {
    const { api } = this.#system
    for (let i = 0; i < frames; i++) {
      this.#time = Math.max(this.#time + 1, Date.now())
      const picture = this.#pictures[Math.floor(this.#sent / 5) % 2] as Buffer
      this.#sent += 1
      const startedAt = performance.now()
      await api.sendJpeg(
        `/api/cameras/${CAMERA}/frames?capturedAt=${this.#time}`,
        withComment(picture, `${this.#time}`),
      )
      if (when) this.#slowest[when] = Math.max(this.#slowest[when], performance.now() - startedAt)
    }
    const client = this.#client
    if (!client || !when) return
    const begin = Date.now() - this.#options.readings
    const AT_ONCE = 100
    for (let i = 0; i < this.#options.readings; i += AT_ONCE)
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, this.#options.readings - i) }, (_, more) => {
          const topic = `ajar/pi/sensor-${(i + more) % SENSORS}/reading/${begin + i + more}`
          return client.publishAsync(topic, JSON.stringify({ value: this.#sent + more }), { qos: 1 })
        }),
      )
  }

  async #killInfluxd() {
    await this.#influxd.kill()
    await this.#influxd.start()
  }

  async #startBoth() {
    await this.#system.killServer()
    await Promise.all([this.#startServer(), this.#influxd.start()])
  }

  #lose(losesAnswers: boolean) {
    this.#link.losesAnswers = losesAnswers
    if (!losesAnswers) this.#link.cut() // what waits for one would do so until its time is over
  }

  #break(after: number | null) {
    this.#link.breaksAfter = after
  }

  #slow(rate: number | null) {
    this.#link.rate = rate
  }

  async #fillDisk() {
    const file = await open(join(this.#disk?.folder ?? '', 'filling'), 'w')
    const block = Buffer.alloc(65_536)
    for (let size = block.length; size > 0; size = Math.floor(size / 2))
      await (async () => {
        for (;;) await file.write(block, 0, size)
      })().catch(() => {})
    await file.close()
  }

  /** InfluxDB 1.x does not notice that there is room again before it is started again. */
  async #emptyDisk() {
    await unlink(join(this.#disk?.folder ?? '', 'filling'))
    await this.#killInfluxd()
  }

  /** All frames have ended, and nothing waits or is missing. */
  async #drained() {
    let seen = ''
    await until(async () => {
      const [pending, waiting] = [await this.#metric('ajar_frames_pending'), await this.#metric('ajar_influx_outbox')]
      const { level, text } = await this.#health()
      const missing = level === 'ok' ? (await this.#differences()).length : null
      seen = `${pending} frames and ${waiting} points wait, ${missing ?? 'some'} differ, ${text}`
      return pending === 0 && missing === 0
    }, DRAIN_MS).catch(() => this.#broken.push(`not drained: ${seen}`))
  }

  async #look() {
    this.#mostWaiting = Math.max(this.#mostWaiting, await this.#metric('ajar_influx_outbox'))
    this.#rssMost = Math.max(this.#rssMost, await this.#rss())
  }

  #rss(): Promise<number> {
    return this.#metric('process_resident_memory_bytes')
  }

  #metric(series: string): Promise<number> {
    return this.#system.metric(series)
  }

  async #health(): Promise<{ level: string; text: string }> {
    const response = await fetch(`${this.#system.server.http}/api/health/ready`, {
      headers: { authorization: `Bearer ${this.#system.environment.AJAR_ADMIN_TOKEN}` },
    })
    const { checks } = (await response.json()) as { checks: { name: string; level: string; text: string }[] }
    return checks.find(({ name }) => name === 'influx') ?? { level: 'none', text: '' }
  }

  async #differences(): Promise<string[]> {
    return differences(recordedIn(this.#system.dataDir), await pointsIn(this.#influxd, DATABASE, ADMIN))
  }
}

function shuffled<Item>(items: Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, order: random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item)
}
