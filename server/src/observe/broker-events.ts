import type { BrokerEvent } from '@ajar/broker'
import type { Log } from '../log.ts'
import type { Metrics } from './metrics.ts'

/** One kind of event is logged at most this often: a broken client that comes back for ever does not fill the disk. */
const QUIET_MS = 10_000

export interface BrokerEventPorts {
  log: Log
  metrics: Metrics
  now(): number
}

/** Counts every event of the broker, and logs each kind sparingly. */
export class BrokerEvents {
  readonly #ports: BrokerEventPorts
  readonly #kinds = new Map<BrokerEvent['code'], { loggedAt: number; unlogged: number }>()

  constructor(ports: BrokerEventPorts) {
    this.#ports = ports
  }

  take({ code, device, client, address, text }: BrokerEvent) {
    const { log, metrics, now } = this.#ports
    metrics.brokerEvents.inc({ code })
    const kind = this.#kinds.get(code) ?? { loggedAt: Number.NEGATIVE_INFINITY, unlogged: 0 }
    this.#kinds.set(code, kind)
    if (now() - kind.loggedAt < QUIET_MS) {
      kind.unlogged += 1
      return
    }
    const before = kind.unlogged > 0 ? { andMoreBefore: kind.unlogged } : {}
    log.warn({ code, device, client, address, ...before }, text)
    kind.loggedAt = now()
    kind.unlogged = 0
  }
}
