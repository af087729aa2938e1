import type { Connection } from './connection.ts'
import type { BrokerEvent, BrokerEventCode } from './contract.ts'

export interface Counts {
  frames: number
  readings: number
  refusedConnections: number
  refusedPublishes: number
  takeOvers: number
  droppedMessages: number
}

/** Tells the server what happened and counts what happens too often to tell. */
export class Report {
  readonly counts: Counts = {
    frames: 0,
    readings: 0,
    refusedConnections: 0,
    refusedPublishes: 0,
    takeOvers: 0,
    droppedMessages: 0,
  }
  readonly #onEvent: (event: BrokerEvent) => void

  constructor(onEvent: (event: BrokerEvent) => void) {
    this.#onEvent = onEvent
  }

  count(what: keyof Counts): void {
    this.counts[what] += 1
  }

  event(connection: Connection | null, code: BrokerEventCode, text: string): void {
    this.#onEvent({
      code,
      device: connection?.device ?? null,
      client: connection?.clientId ?? null,
      address: connection?.address ?? null,
      text,
    })
  }

  /** The one event that says why a connection ends; what follows from it is not told again. */
  ending(connection: Connection, code: BrokerEventCode, text: string): void {
    if (connection.reported) return
    connection.reported = true
    this.event(connection, code, text)
  }
}
