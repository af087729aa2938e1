import type { BrokerEvent } from '@ajar/broker'
import type { SparingLog } from '../logging/sparing-log.ts'
import type { Metrics } from './metrics.ts'

/** Counts every event of the broker, and logs each kind sparingly. */
export class BrokerEvents {
  readonly #metrics: Metrics
  readonly #log: SparingLog

  constructor({ metrics, log }: { metrics: Metrics; log: SparingLog }) {
    this.#metrics = metrics
    this.#log = log
  }

  take({ code, device, client, address, text }: BrokerEvent) {
    this.#metrics.brokerEvents.inc({ code })
    this.#log.warn(`broker ${code}`, { code, device, client, address }, text)
  }
}
