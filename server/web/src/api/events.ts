import type { AlertBody } from './alert-bodies.ts'
import type { ReadingBody } from './reading-bodies.ts'

/** What the event stream says (`GET /api/events`), by kind. */

export interface ResultEvent {
  frame: string
  camera: string
  state: string
  confidence: number | null
  reason: string | null
  model: string | null
  /** Older than the camera's newest frame: it changes the past only. */
  late: boolean
}

/**
 * A change of state, or word that the transitions from a time on were computed again, and since when (milliseconds UTC)
 * the camera is in its state by them.
 */
export type TransitionEvent =
  | {
      camera: string
      /** Milliseconds UTC. */
      at: number
      from: string
      to: string
      reason: string | null
      confidence: number | null
      frame: string | null
      model: string | null
    }
  | { camera: string; recomputedFrom: number | null; transitions: number; since: number | null }

export interface DeviceEvent {
  device: string
  /** `seen`: it came, went or said something; `changed`: people did something to it, or it answered to its settings. */
  change: 'added' | 'changed' | 'removed' | 'seen'
  connected: boolean
  status: Record<string, unknown> | null
  /** Of an older client. */
  protocol?: 'http'
}

export interface JobEvent {
  id: string
  kind: string
  camera: string | null
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  phase: string | null
  /** 0..1 */
  progress: number
}

export interface CameraEvent {
  camera: string
  change: 'changed' | 'renamed' | 'deleted' | 'purged'
  /** The new name of one that was renamed. */
  to?: string
}

export type ReadingEvent = Omit<ReadingBody, 'unit'>

/** Its readings went with it. */
export interface SensorEvent {
  device: string
  sensor: string
  change: 'removed'
}

export interface StreamEvents {
  result: ResultEvent
  transition: TransitionEvent
  device: DeviceEvent
  job: JobEvent
  camera: CameraEvent
  reading: ReadingEvent
  sensor: SensorEvent
  alert: AlertBody
}

export type StreamEvent = { [Kind in keyof StreamEvents]: { kind: Kind; data: StreamEvents[Kind] } }[keyof StreamEvents]
export const KINDS = ['result', 'transition', 'device', 'job', 'camera', 'reading', 'sensor', 'alert'] as const
