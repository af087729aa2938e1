import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MqttClient } from 'mqtt'

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
/** Real packets of a door at seven angles: its label, 53 amplitudes and 53 phases a line. */
export const PACKETS = join(DATA, 'csi', 'TrainingDataSet.csv')
export const hasPackets = existsSync(PACKETS)
export const PACKETS_MISSING = `${PACKETS} is missing: set AJAR_TEST_DATA to a folder that holds csi/`
const PAUSE_MS = 40

/** Readings of each angle, in their order. */
export function packetsByAngle(): Map<string, number[][]> {
  const [, ...lines] = readFileSync(PACKETS, 'utf8').trim().split('\n')
  const rows = lines.map((line) => line.split(',').map(Number))
  const byAngle = Map.groupBy(rows, ([label]) => String(label))
  return new Map([...byAngle].map(([angle, packets]) => [angle, packets.map((packet) => packet.slice(1))]))
}

/** An ESP32 at a door, as its gateway sends it: real packets of the angle that the door has, one after the other. */
export class RadioDoor {
  readonly #client: MqttClient
  readonly #topic: string
  readonly #packets = packetsByAngle()
  readonly #next = new Map<string, number>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #at = 0
  /** What the door has; null: nothing is sent. */
  angle: string | null = null

  /** @param sensor of the device that the client is */
  constructor(client: MqttClient, device: string, sensor: string) {
    this.#client = client
    this.#topic = `ajar/${device}/${sensor}/reading`
  }

  start() {
    const send = async () => {
      if (this.angle !== null) await this.sendOne(this.angle)
      this.#timer = setTimeout(() => void send().catch(() => {}), PAUSE_MS)
    }
    void send().catch(() => {})
  }

  stop() {
    clearTimeout(this.#timer)
  }

  /** Resolves when the server has it. */
  async sendOne(angle: string) {
    const packets = this.#packets.get(angle) ?? []
    const next = this.#next.get(angle) ?? 0
    this.#next.set(angle, next + 1)
    this.#at = Math.max(this.#at + 1, Date.now())
    const value = packets[next % packets.length]
    await this.#client.publishAsync(`${this.#topic}/${this.#at}`, JSON.stringify({ value }), { qos: 1 })
  }
}
