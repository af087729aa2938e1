import { topics } from '@ajar/protocol'
import type { AlertRow } from '../database/schema-alerts.ts'
import type { Log } from '../logging/levels.ts'
import { toldAlert } from './alert-body.ts'
import type { Change } from './alert-rows.ts'

export interface AnnouncerPorts {
  /** @param payload null clears what is retained */
  publish(topic: string, payload: object | null, options: { retain: boolean }): Promise<void>
  log: Pick<Log, 'info' | 'warn' | 'debug'>
}

/**
 * Tells of alerts by MQTT and in the log. What stands is retained; what ended is told once, and then nothing is retained any
 * more. What could not be published is known again after a start, from rows.
 */
export class Announcer {
  readonly #ports: AnnouncerPorts
  #last: Promise<void> = Promise.resolve()

  constructor(ports: AnnouncerPorts) {
    this.#ports = ports
  }

  /** One message after the other: they may not overtake each other. */
  take(changes: Change[]) {
    for (const { to, alert } of changes) {
      const { rule, subject, severity, name, text, acknowledged_by } = alert
      const by = to === 'acknowledged' ? { by: acknowledged_by } : {}
      const level = to === 'fired' && severity !== 'info' ? 'warn' : 'info'
      this.#ports.log[level]({ rule, subject, severity, ...by }, `alert "${name}" ${to}: ${text}`)
      this.#last = this.#last.then(() => this.#publish(alert))
    }
  }

  /** Resolves when all that was taken is published, or cannot be. */
  settled(): Promise<void> {
    return this.#last
  }

  async #publish(alert: AlertRow) {
    const { publish, log } = this.#ports
    const topic = topics.alert(alert.subject, alert.rule)
    try {
      if (alert.state === 'firing') await publish(topic, payloadOf(alert), { retain: true })
      else {
        await publish(topic, payloadOf(alert), { retain: false })
        await publish(topic, null, { retain: true })
      }
    } catch (error) {
      log.debug({ topic, why: (error as Error).message }, 'not published')
    }
  }
}

/** What the broker has to know again of an alert before it lets anybody in. */
export function retainedOf(alert: AlertRow): { topic: string; payload: string } {
  return { topic: topics.alert(alert.subject, alert.rule), payload: JSON.stringify(payloadOf(alert)) }
}

function payloadOf(alert: AlertRow) {
  return toldAlert({ ...alert, state: alert.state === 'resolved' ? 'resolved' : 'firing' })
}
