import type { Selectable } from 'kysely'
import type { Bit } from './bit.ts'

/** What InfluxDB has, and what is on its way to it. Times are milliseconds UTC. */
export interface InfluxTables {
  influx_targets: InfluxTargetsTable
}

/** One InfluxDB database that results went to. */
export interface InfluxTargetsTable {
  /** `host:port/database`, without credentials. */
  target: string
  /** When it was first seen. */
  since: number
  /** Capture time from which on points may be missing there; null: it has all that is recorded. */
  missing_from: number | null
  /** Rises whenever something goes missing: a backfill that began before covers it only where this is the same. */
  gaps: number
  /** Whether rollups that are marked as sent may be missing there. */
  rollups_missing: Bit
  /** How far the backfill has come (`BackfillPosition`); null: none has begun. */
  backfill_json: string | null
}

export type InfluxTargetRow = Selectable<InfluxTargetsTable>
