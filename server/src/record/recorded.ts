import type { CameraState } from '@ajar/protocol'
import type { Classified } from '../classify/classifier.ts'
import type { CameraStateRow, FramesTable, ResultsTable } from '../database/schema.ts'
import type { Refusal } from '../ingest/medium.ts'
import { type Observation, UNKNOWN } from './debounce.ts'

/** The row of a frame that has ended. */
export function frameRow({ frame, answer, classifiedAt }: Classified, recordedAt: number): FramesTable {
  const outcome =
    answer.kind === 'refused'
      ? 'refused'
      : answer.kind === 'predicted' || answer.kind === 'no_model'
        ? 'classified'
        : 'skipped'
  return {
    camera: frame.camera,
    captured_at: frame.capturedAt,
    received_at: frame.receivedAt,
    stored_at: frame.storedAt,
    classified_at: outcome === 'skipped' ? null : classifiedAt,
    recorded_at: recordedAt,
    size: frame.size,
    sha256: frame.sha256,
    outcome,
    code: 'code' in answer ? answer.code : null,
    late: 0,
  }
}

/** The row of a frame that was refused at the door: its bytes are not kept. */
export function refusedRow(
  { camera, capturedAt, receivedAt, size }: NonNullable<Refusal['key']>,
  code: Refusal['code'],
  recordedAt: number,
): FramesTable {
  return {
    camera,
    captured_at: capturedAt,
    received_at: receivedAt,
    stored_at: null,
    classified_at: null,
    recorded_at: recordedAt,
    size,
    sha256: new Uint8Array(),
    outcome: 'refused',
    code,
    late: 0,
  }
}

/** The result of a frame, or null where it has none. */
export function resultRow({ frame, model, answer }: Classified, threshold: number): ResultsTable | null {
  if (answer.kind !== 'predicted' && answer.kind !== 'no_model') return null
  const key = { camera: frame.camera, captured_at: frame.capturedAt, latency_ms: answer.latencyMs, late: 0 } as const
  if (answer.kind === 'no_model') {
    const nothing = {
      best: null,
      confidence: null,
      probabilities_json: null,
      novelty: null,
      signature: null,
      details_json: null,
    }
    return { ...key, ...nothing, model: '', state: UNKNOWN, reason: 'no_model' }
  }
  const { state: best, confidence, probabilities, unlike, novelty, signature, details } = answer.prediction
  const reason = unlike ?? (confidence < threshold ? 'low_confidence' : null)
  return {
    ...key,
    model: model?.id ?? '',
    state: reason === null ? best : UNKNOWN,
    best,
    confidence,
    probabilities_json: JSON.stringify(probabilities),
    reason,
    novelty,
    signature,
    details_json: details ? JSON.stringify(details) : null,
  }
}

export function observationOf({ captured_at, state, reason, confidence, model }: ResultsTable): Observation {
  return { capturedAt: captured_at, state, reason, confidence, model: model || null }
}

/** The state that is published of a camera. */
export function stateOf({ camera, state, confidence, since, frame_at, model, reason }: CameraStateRow): CameraState {
  const frame = frame_at === null ? null : `${camera}/${frame_at}`
  return { state, confidence, since, frame, model, ...(reason === null ? {} : { reason }) }
}
