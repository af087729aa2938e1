import { setTimeout as sleep } from 'node:timers/promises'
import { type CameraRef, topics } from '@ajar/protocol'
import { connectAsync, type MqttClient } from 'mqtt'
import { withComment } from './pictures.ts'
import { closed } from './system.ts'

const WINDOW = 8
const PAUSE_MS = 20
const RECONNECT_MS = 100
/** Otherwise mqtt.js waits for ever where the connection closes before CONNACK. */
const NO_RETRIES = false

export interface PersistentClientParts {
  port: number
  device: string
  token: string
  /** Between two frames, in milliseconds. */
  pauseMs?: number | undefined
  /** What is published of this time. */
  next(atMs: number): { topic: string; payload: Buffer }
}

/** Frames of a camera, each unlike any other. */
export function framesOf(camera: CameraRef, jpeg: Buffer): PersistentClientParts['next'] {
  return (capturedAtMs) => {
    const topic = topics.frame({ ...camera, capturedAtMs })
    return { topic, payload: withComment(jpeg, topic) }
  }
}

/**
 * A client of our own beside the agents: it publishes one message after another and sends again, with DUP, what was not
 * acknowledged when its connection broke.
 */
export class PersistentClient {
  readonly #parts: PersistentClientParts
  readonly #unacknowledged = new Map<string, Buffer>()
  #lastTime = 0
  #stopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(parts: PersistentClientParts) {
    this.#parts = parts
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Sends nothing new. Resolves when all is acknowledged. */
  async finish(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stopping || this.#unacknowledged.size > 0) {
      const client = await this.#connect()
      if (client) await this.#publish(client)
      else await sleep(RECONNECT_MS)
    }
  }

  async #connect(): Promise<MqttClient | null> {
    const { port, device, token } = this.#parts
    const options = { clientId: device, username: device, password: token, reconnectPeriod: 0 }
    try {
      const client = await connectAsync(`mqtt://127.0.0.1:${port}`, options, NO_RETRIES)
      client.on('error', () => {}) // a close follows
      return client
    } catch {
      return null
    }
  }

  /** Until the connection closes, or nothing is left to do. */
  async #publish(client: MqttClient): Promise<void> {
    const gone = closed(client)
    for (const [topic, payload] of this.#unacknowledged) this.#send(client, topic, payload, true)
    while (client.connected && !(this.#stopping && this.#unacknowledged.size === 0)) {
      if (!this.#stopping && this.#unacknowledged.size < WINDOW) this.#sendNew(client)
      await Promise.race([gone, sleep(this.#parts.pauseMs ?? PAUSE_MS)])
    }
    client.end(true)
  }

  #sendNew(client: MqttClient): void {
    this.#lastTime = Math.max(Date.now(), this.#lastTime + 1)
    const { topic, payload } = this.#parts.next(this.#lastTime)
    this.#unacknowledged.set(topic, payload)
    this.#send(client, topic, payload, false)
  }

  #send(client: MqttClient, topic: string, payload: Buffer, dup: boolean): void {
    client.publish(topic, payload, { qos: 1, dup }, (error) => {
      if (!error) this.#unacknowledged.delete(topic)
    })
  }
}
