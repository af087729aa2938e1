import type { AedesPublishPacket } from 'aedes'
import { isForwarded } from './access.ts'
import type { Connection } from './connection.ts'
import type { BrokerLimits } from './contract.ts'
import type { Report } from './report.ts'

type Limits = Pick<BrokerLimits, 'maxUnsentBytes' | 'stalledMs'>

/** Decides, for each message and subscriber, whether it is sent. */
export class Delivery {
  readonly #limits: Limits
  readonly #report: Report

  constructor(limits: Limits, report: Report) {
    this.#limits = limits
    this.#report = report
  }

  /** Whether `packet` goes to this subscriber. One that does not read loses QoS 0 first and its connection later. */
  admits(connection: Connection, packet: AedesPublishPacket): boolean {
    if (!isForwarded(packet.topic)) return false
    // Retained messages have no broker id: a client that subscribes anew gets them anew.
    if (packet.brokerId && !connection.firstDelivery(packet.brokerCounter)) return false
    return this.#keepsUp(connection, packet.qos > 0)
  }

  #keepsUp(connection: Connection, important: boolean): boolean {
    const { unsentBytes } = connection.stream
    if (unsentBytes <= this.#limits.maxUnsentBytes) {
      connection.slowSinceMs = null
      return true
    }
    const now = Date.now()
    if (connection.slowSinceMs === null) {
      connection.slowSinceMs = now
      this.#report.event(connection, 'subscriber_slow', `${unsentBytes} bytes unsent; it gets no QoS 0 until it reads`)
    }
    if (!important) {
      this.#report.count('droppedMessages')
      return false
    }
    const stalled = now - connection.slowSinceMs > this.#limits.stalledMs
    if (!stalled && unsentBytes <= 2 * this.#limits.maxUnsentBytes) return true
    this.#report.count('droppedMessages')
    this.#report.ending(
      connection,
      'subscriber_dropped',
      `${unsentBytes} bytes unsent; it does not read what it asked for`,
    )
    connection.stream.destroy()
    return false
  }
}
