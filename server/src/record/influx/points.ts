import type { Reading } from '@ajar/protocol'
import type { FramesTable, ReadingsTable, ResultsTable, TransitionRow } from '../../database/schema.ts'
import { type Measurement, MOST_TAGGED_VERSIONS } from './measurements.ts'

/**
 * What becomes a point. Each function is one of rows alone, so that a backfill writes the very points that were written
 * when it happened: the same measurement, tags and time, and therefore one point in InfluxDB.
 */

/** One point of a measurement; `timestamp` in milliseconds UTC. A second writing of the same point changes nothing. */
export interface Point {
  measurement: Measurement
  tags: Record<string, string>
  fields: Record<string, number | boolean | string>
  timestamp: number
}

/**
 * `result` and `probability`: what the model said of one frame, and of each state that it knows.
 * @param pipelineMs from the frame received to its classification; null where that is not known any more
 */
export function pointsOfResult(row: ResultsTable, pipelineMs: number | null): Point[] {
  const { camera, captured_at: timestamp, state } = row
  const probabilities = probabilitiesOf(row)
  const probability = probabilities.get(state)
  return [
    {
      measurement: 'result',
      tags: { ...namesOf(camera), state, model: modelTag(row.model) },
      fields: {
        ...(row.confidence === null ? {} : { confidence: row.confidence }),
        ...(probability === undefined ? {} : { probability }),
        latency_ms: row.latency_ms,
        ...(pipelineMs === null ? {} : { pipeline_ms: pipelineMs }),
        skipped: false,
        late: row.late === 1,
        ...(row.reason === null ? {} : { reason: row.reason }),
      },
      timestamp,
    },
    ...[...probabilities].map(([name, value]): Point => {
      return { measurement: 'probability', tags: { ...namesOf(camera), state: name }, fields: { value }, timestamp }
    }),
  ]
}

type EndedFrame = Pick<FramesTable, 'camera' | 'captured_at' | 'received_at' | 'recorded_at' | 'outcome' | 'code'>

/** `result` of a frame that nothing was said of; null where the frame is none of those, as one that came with its label. */
export function pointOfSkipped(row: EndedFrame): Point | null {
  if (row.outcome !== 'skipped' || row.code === 'imported') return null
  return {
    measurement: 'result',
    tags: { ...namesOf(row.camera), state: 'unknown', model: 'none' },
    fields: { pipeline_ms: row.recorded_at - row.received_at, skipped: true, late: false },
    timestamp: row.captured_at,
  }
}

/**
 * `transition`: a debounced change of a camera's state.
 * @param superseded late frames told the span anew, and it did not happen: a point that is written cannot be removed
 */
export function pointOfTransition(row: Omit<TransitionRow, 'id'>, { superseded = false } = {}): Point {
  return {
    measurement: 'transition',
    tags: { ...namesOf(row.camera), state: row.to_state },
    fields: {
      from: row.from_state,
      to: row.to_state,
      ...(row.confidence === null ? {} : { confidence: row.confidence }),
      ...(row.reason === null ? {} : { reason: row.reason }),
      superseded,
    },
    timestamp: row.at,
  }
}

/** `reading`: what a sensor read. Of a list its spread is kept: a point has no field that holds a list. */
export function readingPoint(row: Pick<ReadingsTable, 'device' | 'sensor' | 'at' | 'value_json'>): Point {
  const { device, sensor, at, value_json } = row
  return { measurement: 'reading', tags: { device, sensor }, fields: fieldsOf(JSON.parse(value_json)), timestamp: at }
}

/** The tags that name a camera. */
export function namesOf(camera: string): { device: string; camera: string } {
  const [device = '', name = ''] = camera.split('/')
  return { device, camera: name }
}

/** `device/camera@version`, or what stands for all versions that have no tag value of their own. */
function modelTag(model: string): string {
  if (model === '') return 'none'
  const at = model.lastIndexOf('@')
  if (Number(model.slice(at + 1)) <= MOST_TAGGED_VERSIONS) return model
  return `${model.slice(0, at)}@${MOST_TAGGED_VERSIONS + 1}+`
}

function probabilitiesOf({ probabilities_json: json }: ResultsTable): Map<string, number> {
  const said = json === null ? {} : (JSON.parse(json) as Record<string, number | null>)
  return new Map(Object.entries(said).filter((one): one is [string, number] => Number.isFinite(one[1])))
}

function fieldsOf(value: Reading['value']): Point['fields'] {
  if (typeof value === 'number') return { value }
  if (typeof value === 'string') return { text: value }
  if (value.length === 0) return { length: 0 }
  const { length } = value
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const number of value) {
    min = Math.min(min, number)
    max = Math.max(max, number)
    sum += number
  }
  // The sum of the largest numbers there are is infinite, and no field holds that.
  const mean = Number.isFinite(sum) ? sum / length : value.reduce((total, number) => total + number / length, 0)
  return { mean, min, max, length }
}
