import type { BrokerEvent } from '@ajar/broker'
import { topics } from '@ajar/protocol'
import type { SparingLog } from '../logging/sparing-log.ts'
import type { Metrics } from './metrics.ts'

export interface BrokerEventsPorts {
  metrics: Metrics
  log: SparingLog
  publish(topic: string, payload: object, options: { retain: boolean }): Promise<void>
}

/** Counts every event of the broker, logs each kind sparingly, and tells the device whose packet was not even read. */
export class BrokerEvents {
  readonly #ports: BrokerEventsPorts

  constructor(ports: BrokerEventsPorts) {
    this.#ports = ports
  }

  take({ code, device, client, address, text }: BrokerEvent) {
    const { metrics, log, publish } = this.#ports
    metrics.brokerEvents.inc({ code })
    log.warn(`broker ${code}`, { code, device, client, address }, text)
    if (code !== 'packet_too_large' || device === null) return
    // Nobody knows which frame it was.
    const rejected = { frame: device, code: 'too_large', reason: text }
    publish(topics.rejected(device), rejected, { retain: false }).catch(() => {})
  }
}
