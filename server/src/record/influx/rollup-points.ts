import type { ResultRollupRow, StateHourRow } from '../../database/schema-history.ts'
import { namesOf, type Point } from './points.ts'

/** Points for the retention policy `rollups`, which keeps them when those that they were made of are gone. */

/** `result_1h`: the results of one state within an hour; its time is the begin of the hour. */
export function rollupPoint(row: Omit<ResultRollupRow, 'sent'>): Point {
  const { camera, at, state, results, confident, confidence_sum, confidence_min, confidence_max, latency_sum } = row
  return {
    measurement: 'result_1h',
    tags: { ...namesOf(camera), state },
    fields: {
      results,
      confident,
      confidence_sum,
      ...(confident === 0 ? {} : { confidence_mean: confidence_sum / confident }),
      ...(confidence_min === null ? {} : { confidence_min }),
      ...(confidence_max === null ? {} : { confidence_max }),
      ...(results === 0 ? {} : { latency_ms_mean: latency_sum / results }),
    },
    timestamp: at,
  }
}

/** `state_1h`: how long a camera was in a state within an hour, and how often it came into it. */
export function stateHourPoint({ camera, at, state, ms, entered }: Omit<StateHourRow, 'sent'>): Point {
  return {
    measurement: 'state_1h',
    tags: { ...namesOf(camera), state },
    fields: { seconds: ms / 1000, entered },
    timestamp: at,
  }
}
