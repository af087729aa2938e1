import type { Selectable } from 'kysely'
import type { Bit } from './bit.ts'

/** What the history of a camera is shown from, however long it is. Times are milliseconds UTC. */
export interface HistoryTables {
  history_progress: HistoryProgressTable
  result_rollups: ResultRollupsTable
  state_hours: StateHoursTable
}

/** How far the tables of history have come, by camera. */
export interface HistoryProgressTable {
  camera: string
  /** Results of this span were there before rollups were, and are rolled up from its end backwards; null: all are. */
  unfilled_from: number | null
  /** Exclusive. */
  unfilled_to: number | null
  /** Results captured before went for their age, and minutes with them: only hours tell of that time. Null: all are there. */
  results_from: number | null
  /** Hours that begin before are not told again: their transitions went for their age, or they themselves did. */
  hours_from: number | null
  /** `state_hours` are told up to this full hour, exclusive; null: none is yet. A trigger sets it back where a transition comes late. */
  hours_to: number | null
}

/** The results of one state within a minute or an hour, kept by a trigger as results are written. */
export interface ResultRollupsTable {
  camera: string
  /** 60,000 or 3,600,000: how long the bucket is, in milliseconds. */
  width: number
  /** Begin of the bucket. */
  at: number
  state: string
  results: number
  /** So many of them have a confidence. */
  confident: number
  confidence_sum: number
  confidence_min: number | null
  /** Capture time of the frame that had it. */
  confidence_min_at: number | null
  confidence_max: number | null
  confidence_max_at: number | null
  latency_sum: number
  /** Whether InfluxDB's outbox has had it as it is now. */
  sent: Bit
}

/** How long a camera was in a state within an hour, by its transitions: what Grafana cannot compute from them. */
export interface StateHoursTable {
  camera: string
  at: number
  state: string
  ms: number
  /** Transitions into it. */
  entered: number
  sent: Bit
}

export type ResultRollupRow = Selectable<ResultRollupsTable>
export type StateHourRow = Selectable<StateHoursTable>
