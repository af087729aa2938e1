import type { Topic } from '@ajar/protocol'
import type { PublishPacket } from 'aedes'
import { judgePublish } from './access.ts'
import type { Connection } from './connection.ts'
import { BrokerError, type BrokerEventCode, type BrokerLimits, type BrokerPorts } from './contract.ts'
import type { IngestBudget } from './ingest-budget.ts'
import type { Report } from './report.ts'
import type { RetainedTopics } from './retained-topics.ts'

type Limits = Pick<BrokerLimits, 'maxFrameBytes' | 'maxMessageBytes' | 'maxRetainedPerDevice'>
type Ports = Pick<BrokerPorts, 'onFrame' | 'onReading' | 'onStatus' | 'onConfigApplied'>

const NOTHING = Buffer.alloc(0)

/**
 * What happens to a publish before its PUBACK (PUBREC at QoS 2, where a repeated PUBLISH reaches the port a second time with
 * `dup`). aedes acknowledges as soon as `receive` resolves, and a rejection closes the connection: MQTT 3.1.1 has no other answer.
 */
export class Intake {
  readonly #ports: Ports
  readonly #limits: Limits
  readonly #budget: IngestBudget
  readonly #retained: RetainedTopics
  readonly #report: Report

  constructor(ports: Ports, limits: Limits, budget: IngestBudget, retained: RetainedTopics, report: Report) {
    this.#ports = ports
    this.#limits = limits
    this.#budget = budget
    this.#retained = retained
    this.#report = report
  }

  /** Resolves when the server has stored the message; changes in `packet` what is carried on to subscribers. */
  async receive(connection: Connection, packet: PublishPacket): Promise<void> {
    const topic = this.#judge(connection, packet)
    const payload = packet.payload as Buffer
    await this.#budget.during(payload.length, () => this.#store(topic, payload, packet.dup))
    if (topic.rule.kind === 'frame') {
      // Stored, it goes no further; what holds the packet from here on shall not hold the bytes.
      packet.payload = NOTHING
    }
    // The table says what is retained, whatever the client's flag says.
    packet.retain = topic.rule.retained && this.#mayRetain(connection, topic, packet)
  }

  #judge(connection: Connection, packet: PublishPacket): Topic {
    const { identity } = connection
    if (identity === null) throw new BrokerError('not_admitted', 'us', 'a publish came before CONNACK')
    const topic = judgePublish(identity, packet.topic)
    if (typeof topic === 'string') throw this.#refusal(connection, 'refused_publish', topic)
    const limit = topic.rule.kind === 'frame' ? this.#limits.maxFrameBytes : this.#limits.maxMessageBytes
    if (packet.payload.length > limit) {
      const text = `${packet.payload.length} bytes on ${packet.topic}, where ${limit} are allowed`
      throw this.#refusal(connection, 'packet_too_large', text)
    }
    return topic
  }

  async #store(topic: Topic, payload: Buffer, dup: boolean): Promise<void> {
    const { device, time } = topic
    const source = topic.source ?? ''
    switch (topic.rule.kind) {
      case 'frame':
        this.#report.count('frames')
        return this.#ports.onFrame({ device, camera: source, time, jpeg: payload, dup })
      case 'reading':
        this.#report.count('readings')
        return this.#ports.onReading({ device, sensor: source, time, payload, dup })
      case 'status':
        return this.#ports.onStatus(device, payload)
      case 'config-applied':
        return this.#ports.onConfigApplied(device, payload)
      default:
        throw new BrokerError(
          'unknown_topic_kind',
          'us',
          `a device may publish ${topic.rule.kind}, but nobody takes it`,
        )
    }
  }

  #mayRetain(connection: Connection, topic: Topic, packet: PublishPacket): boolean {
    if (this.#retained.take(topic.device, packet.topic, packet.payload.length)) return true
    const text = `${topic.device} has ${this.#limits.maxRetainedPerDevice} retained topics; ${packet.topic} is not retained`
    this.#report.event(connection, 'retained_limit', text)
    return false
  }

  #refusal(connection: Connection, code: BrokerEventCode, text: string): BrokerError {
    this.#report.count('refusedPublishes')
    this.#report.ending(connection, code, text)
    return new BrokerError(code, 'caller', text)
  }
}
