import type { Reading } from '@ajar/protocol'
import type { ResultsTable } from '../../database/schema.ts'
import type { Transition } from '../debounce.ts'

/** One point of a measurement; `timestamp` in milliseconds UTC. A second writing of the same point changes nothing. */
export interface Point {
  measurement: 'result' | 'transition' | 'reading'
  tags: Record<string, string>
  fields: Record<string, number | boolean | string>
  timestamp: number
}

/**
 * `result`: what the model said of one frame.
 * @param pipelineMs from the frame received to its classification
 */
export function resultPoint(result: ResultsTable, pipelineMs: number): Point {
  const [device = '', camera = ''] = result.camera.split('/')
  return {
    measurement: 'result',
    tags: { device, camera, state: result.state, model: result.model || 'none' },
    fields: {
      confidence: result.confidence ?? 0,
      latency_ms: result.latency_ms,
      late: result.late === 1,
      pipeline_ms: pipelineMs,
      ...(result.reason === null ? {} : { reason: result.reason }),
    },
    timestamp: result.captured_at,
  }
}

/** `transition`: a debounced change of a camera's state. */
export function transitionPoint(id: string, transition: Transition): Point {
  const [device = '', camera = ''] = id.split('/')
  return {
    measurement: 'transition',
    tags: { device, camera, state: transition.to_state },
    fields: { from: transition.from_state, confidence: transition.confidence ?? 0 },
    timestamp: transition.at,
  }
}

/** `reading`: what a sensor read. Of a list its spread is kept: a point has no field that holds a list. */
export function readingPoint(reading: { device: string; sensor: string; at: number; value: Reading['value'] }): Point {
  const { device, sensor, at, value } = reading
  return { measurement: 'reading', tags: { device, sensor }, fields: fieldsOf(value), timestamp: at }
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
