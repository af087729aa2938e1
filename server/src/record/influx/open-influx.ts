import type { Counter } from 'prom-client'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Log } from '../../logging/levels.ts'
import { InfluxSink } from './sink.ts'

export interface InfluxParts {
  database: StateDatabase
  /** Null: no points go anywhere. */
  url: URL | null
  log: Pick<Log, 'info' | 'warn' | 'error'>
  dropped: Pick<Counter, 'inc'>
}

/** What sends points to InfluxDB, where that is wanted; it waits for `start`. */
export function openInflux({ database, url, log, dropped }: InfluxParts): InfluxSink | null {
  if (!url) return null
  return new InfluxSink(database, url, {
    onTrouble: (why) =>
      why
        ? log.warn({ why }, 'InfluxDB takes no points; they wait in the outbox')
        : log.info('InfluxDB takes points again'),
    onRefused: (why) => log.error({ why }, 'InfluxDB refused points for good'),
    onDropped: (points) => {
      dropped.inc(points)
      log.error({ points }, 'the outbox for InfluxDB is full; its oldest points were dropped')
    },
  })
}
