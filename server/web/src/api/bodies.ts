/** What the server's routes answer, as far as the console reads it (the whole of it stands at /docs). */

import type { JobEvent } from './events.ts'

export interface List<T> {
  items: T[]
  /** Goes into `?cursor=` for the page after this one. */
  next: string | null
}

export type Role = 'admin' | 'operator' | 'viewer' | 'analyst'

export interface SessionBody {
  name: string
  role: Role
}

/** The debounced state of a camera. */
export interface StateBody {
  state: string
  /** 0..1 */
  confidence: number | null
  /** Milliseconds UTC. */
  since: number | null
  frame: string | null
  model: string | null
  /** Why it is `unknown`. */
  reason?: string
}

/** Fractions of the frame. */
export interface Point {
  x: number
  y: number
}

/** What an operator sets of a camera. */
export interface CameraSettings {
  states: string[]
  /** 0..1 */
  threshold: number
  /** Agreeing results that change the state. */
  debounce: number
  staleAfterMs: number
  /** Corners of the region of interest; null: the whole frame. */
  region: Point[] | null
  /** Polygons that are blackened before a frame is stored. */
  masks?: Point[][]
}

export interface CameraBody extends CameraSettings {
  /** `device/camera` */
  id: string
  device: string
  camera: string
  model: string | null
  createdAt: string
  state: StateBody
  /** The newest classified frame. */
  lastFrame: string | null
  /** Names it had: frames that still come under them are its own. */
  aliases?: string[]
  /** Labels that it learns from and other cameras own. */
  borrowed?: { camera: string; labels: number }[]
}

export interface ResultBody {
  frame: string
  capturedAt: string
  state: string
  confidence: number | null
  best: string | null
  probabilities: Record<string, number> | null
  reason: string | null
  model: string | null
  latencyMs: number
  late: boolean
}

export interface FrameBody {
  id: string
  camera: string
  capturedAt: string
  receivedAt: string
  size: number
  /** Null where it is not kept any more what became of it. */
  outcome: 'pending' | 'classified' | 'skipped' | 'refused' | null
  code: string | null
  label: string | null
  result: ResultBody | null
  /** Its picture is not kept any more. */
  pruned?: boolean
  /** Why it is worth a label, in the order of usefulness only. */
  why?: Why | null
}

export type Why = 'uncertain' | 'unlike_labelled' | 'other_hour' | 'newest'

export interface TransitionBody {
  at: string
  from: string
  to: string
  reason: string | null
  confidence: number | null
  frame: string | null
  model: string | null
}

/** A span in which a camera was in one state. */
export interface SegmentBody {
  from: string
  to: string
  state: string
  reason: string | null
  frame: string | null
}

export interface DeviceBody {
  name: string
  /** It tells devices of one name apart. */
  number: number
  /** `http`: an older client that says now and then that it is there; there is nothing to change of it. */
  protocol: 'mqtt' | 'http'
  address: string | null
  connected: boolean
  disabled: boolean
  seenAt: string | null
  /** Somebody of its name was not let in, since it was connected last. */
  refused: { at: string; reason: 'wrong_credential' | 'disabled' } | null
  createdAt: string
  status: Record<string, unknown> | null
  desired: { version: number; settings: Record<string, unknown> } | null
  applied: { version: number; ok: boolean; errors: string[] } | null
}

export interface JobBody<Result = unknown> extends JobEvent {
  result: Result | null
  error: { code: string; message: string } | null
  owner: string | null
  /** How often it was begun. */
  attempt: number
  /** When it is to begin at the earliest. */
  runAt: string | null
  /** The schedule that made it. */
  schedule: string | null
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
}

/** One thing that may be wrong, and what to do about it. */
export interface HealthCheckBody {
  name: string
  level: 'ok' | 'warn' | 'error'
  /** null for whoever is not signed in. */
  text: string | null
}

export interface HealthBody {
  checks: HealthCheckBody[]
}

export interface JobLineBody {
  /** Counts from 1 within the job. */
  seq: number
  at: string
  level: string
  text: string
}

/** Jobs that are made again and again. */
export interface ScheduleBody {
  id: string
  kind: string
  camera: string | null
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  cron: string
  timezone: string
  paused: boolean
  owner: string | null
  createdAt: string
  nextAt: string | null
  /** The id of the job that it made last. */
  lastJob: string | null
  /** What its jobs are told. */
  params: Record<string, unknown>
}
