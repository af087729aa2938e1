import type { CameraState, Severity, Status } from '@ajar/protocol'
import type { Static, TObject } from 'typebox'
import type { HealthCheck } from '../observe/health.ts'

/** What a rule looks at, and what is known of it at one moment. */
export interface Facts {
  camera: CameraFacts
  device: DeviceFacts
  server: ServerFacts
}

interface CommonFacts {
  /** The camera `device/camera`, the device, or `server`. */
  subject: string
  /** Milliseconds UTC. */
  now: number
  /** False for the first minutes after a start: who is missing then may still come. */
  settled: boolean
}

export interface CameraFacts extends CommonFacts {
  /** The names it can be in. */
  states: readonly string[]
  state: CameraState
  /** Whether a frame of it came in since the start: until then its state is what was known before. */
  seen: boolean
}

export interface DeviceFacts extends CommonFacts {
  connected: boolean
  disabled: boolean
  /** What its agent last said of itself. */
  status: Status | null
  /** The newest reading of a sensor. */
  reading(sensor: string): { value: unknown; at: number } | null
}

export interface ServerFacts extends CommonFacts {
  /** Of the disk of the data folder; null while nobody has looked. */
  freeBytes: number | null
  /** What its health says now; asked by rules that want it. */
  checks(): HealthCheck[]
}

/**
 * What a kind of rule says of a subject: that it holds; that it does not; or, with null, that nobody can tell. What fires goes
 * on to then, and the time does not count for what is pending.
 */
export type Look =
  | Found
  | { holds: false /** Where it is not simply over: `it was disabled`. */; why?: string }
  | { holds: null }

/** A condition that holds. */
export interface Found {
  holds: true
  /** What is so, for people, as `since 14:03` can follow on: `pi/front-door is open`. */
  text: string
  /** The same once it is over, as `for 12 min` can follow on: `pi/front-door was open`. */
  was: string
  value: number | string | null
  /** Since when, as far as that is known; else it is from this look on. Milliseconds UTC. */
  since?: number | null
}

/** What makes no sense of params that fit their schema. */
export interface ParamsFlaw {
  field: string
  message: string
}

/** A kind of rule, in a file of its own in `kinds/`. */
export interface AlertKind<S extends keyof Facts = keyof Facts, P extends TObject = TObject> {
  name: string
  title: string
  /** What it finds, and when that ends. */
  description: string
  subject: S
  /**
   * A form is made of it. `unit` says what a number is in (`ms`, `bytes`, `frames`), or which names to choose from: `state`,
   * `reason`, `sensor`, `check`.
   */
  params: P
  /** Of a rule that says nothing else. */
  defaults: { forMs: number; clearMs: number; severity: Severity }
  /** @param states of the camera that the rule is about; null where it is about each, or about no camera */
  flawOf?(params: Static<P>, states: readonly string[] | null): ParamsFlaw | null
  /** The sensors whose readings it looks at. */
  sensorsOf?(params: Static<P>): string[]
  /** @param standing whether an alert fires: it may end at another value than it begins at */
  look(facts: Facts[S], params: Static<P>, standing: boolean): Look
}

export type SubjectKind = keyof Facts

/** The kind as the list of all takes it; here the compiler compares its look with its params. */
export function alertKind<S extends keyof Facts, P extends TObject>(kind: AlertKind<S, P>): AlertKind {
  return kind as unknown as AlertKind
}
