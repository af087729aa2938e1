import type { ResultsTable } from '../database/schema.ts'
import type { Transition } from './debounce.ts'

/** One point of a measurement; `timestamp` in milliseconds UTC. A second writing of the same point changes nothing. */
export interface Point {
  measurement: 'result' | 'transition'
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
