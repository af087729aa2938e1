import type { UnknownReason } from '@ajar/protocol'
import type { Generated, Selectable } from 'kysely'
import type { Bit } from './bit.ts'
import type { AlertTables } from './schema-alerts.ts'
import type { HistoryTables } from './schema-history.ts'
import type { InfluxTables } from './schema-influx.ts'
import type { LaboratoryTables } from './schema-laboratory.ts'
import type { ProgramsTables } from './schema-programs.ts'
import type { SourcesTables } from './schema-sources.ts'
import type { TasksTables } from './schema-tasks.ts'

/**
 * The tables of state.db. Times are milliseconds UTC; `camera` is `device/camera`; a frame is named by
 * (camera, captured_at); columns that end in `_json` hold JSON text.
 */
export interface StateTables
  extends HistoryTables,
    InfluxTables,
    AlertTables,
    LaboratoryTables,
    ProgramsTables,
    SourcesTables,
    TasksTables {
  activations: ActivationsTable
  borrowed_labels: BorrowedLabelsTable
  devices: DevicesTable
  embeddings: EmbeddingsTable
  events: EventsTable
  frames: FramesTable
  influx_outbox: InfluxOutboxTable
  job_lines: JobLinesTable
  jobs: JobsTable
  labels: LabelsTable
  models: ModelsTable
  readings: ReadingsTable
  results: ResultsTable
  schedules: SchedulesTable
  sensors: SensorsTable
  tokens: TokensTable
  transitions: TransitionsTable
  used_versions: UsedVersionsTable
  users: UsersTable
}

export type Role = 'admin' | 'operator' | 'viewer' | 'analyst'
/** Which model a camera had, one after the other: what a rollback goes back through. */
export interface ActivationsTable {
  id: Generated<number>
  camera: string
  /** Null: the camera had none from then on. */
  model: string | null
  previous: string | null
  /** `forced`: although it was worse than the one before. */
  reason: 'trained' | 'activated' | 'forced' | 'rolled_back' | 'copied'
  author: string
  at: number
}

/** Labels of another camera's frames that a camera learns from too. */
export interface BorrowedLabelsTable {
  camera: string
  /** The camera whose frame it is. */
  source: string
  captured_at: number
  state: string
  author: string
  borrowed_at: number
}

export interface DevicesTable {
  name: string
  token_sha256: Uint8Array
  disabled: Bit
  created_at: number
  connected: Bit
  seen_at: number | null
  status_json: string | null
  /** The agent's last `config/applied`. */
  applied_json: string | null
  /** The `config/desired` that was set last. */
  desired_json: string | null
}

/** Features of a labelled frame and of its augmentations, one after the other as float32. */
export interface EmbeddingsTable {
  camera: string
  captured_at: number
  /** Names what the features depend on besides the frame: backbone, region, masks, augmentation. */
  recipe: string
  /** Mean luminance of the frame, 0..255. */
  brightness: number
  features: Uint8Array
  /** A few bytes by which frames are compared (`signatureOf`); null in rows of an older release. */
  signature: Uint8Array | null
}

export interface EventsTable {
  id: Generated<number>
  at: number
  kind: 'result' | 'transition' | 'device' | 'job' | 'camera' | 'storage' | 'process' | 'reading' | 'sensor' | 'alert'
  data_json: string
}

export type Outcome = 'classified' | 'skipped' | 'refused'

/** Every frame that has ended; one that has not is only in a frames file yet. */
export interface FramesTable {
  camera: string
  captured_at: number
  received_at: number
  stored_at: number | null
  classified_at: number | null
  recorded_at: number
  size: number
  sha256: Uint8Array
  outcome: Outcome
  /** Reject code of a refused frame; `imported` of one that came with its label, and that nothing judged. */
  code: string | null
  late: Bit
}

export interface InfluxOutboxTable {
  id: Generated<number>
  /** One point, as the client library takes it; its time in milliseconds UTC. */
  point_json: string
}

export interface JobsTable {
  id: string
  kind: string
  camera: string | null
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  phase: string | null
  /** 0..1 */
  progress: number
  params_json: string
  result_json: string | null
  error_json: string | null
  created_at: number
  started_at: number | null
  finished_at: number | null
  /** How often its work began, without those that an orderly stop ended. */
  starts: number
  /** Who asked for it; null in rows of an older release. */
  owner: string | null
  /** Not begun before; null: at once. */
  run_at: number | null
  /** How often it failed by a fault of the environment and was put off. */
  failures: Generated<number>
  /** The schedule that asked for it. */
  schedule: string | null
  /** No two jobs have the same: what fires once fires once. */
  once_key: string | null
}

/** What a job had to say, a bounded number of lines. */
export interface JobLinesTable {
  job: string
  /** Counts from 1 within the job. */
  seq: number
  at: number
  level: 'info' | 'warn' | 'error'
  text: string
}

/** Jobs that are asked for again and again. */
export interface SchedulesTable {
  id: string
  kind: string
  camera: string | null
  params_json: string
  /** Five fields, or six with seconds. */
  cron: string
  /** IANA name. */
  timezone: string
  owner: string
  paused: Bit
  created_at: number
  /** When it fires next; null: never again. */
  next_at: number | null
  /** The job it asked for last. */
  last_job: string | null
}

export interface LabelsTable {
  camera: string
  captured_at: number
  /** A state of the camera, or a mark (`marks.ts`). */
  state: string
  /** Who said so. */
  author: string
  labelled_at: number
}

export interface ModelsTable {
  /** `device/camera@version` */
  id: string
  camera: string
  version: number
  backbone: string
  engine: string
  created_at: number
  evaluation_json: string
  /** The model that was active when it was made, or that it was copied of. */
  parent: string | null
  /** Null in rows of an older release, which trained all of theirs. */
  origin: 'trained' | 'uploaded' | 'copied' | null
  /** The training that made it: run twice, it makes one model. */
  job: string | null
  /** What else is shown of it: seed, labels, region, gate, verdict. Null in rows of an older release. */
  details_json: string | null
}

export interface ReadingsTable {
  device: string
  sensor: string
  at: number
  received_at: number
  value_json: string
  /** Null in rows of an older release. */
  stored_at?: number | null
}

export interface ResultsTable {
  camera: string
  captured_at: number
  /** '' where the camera had no model: part of the key, so never null. */
  model: string
  state: string
  /** The most probable state before threshold, or null without a model. */
  best: string | null
  confidence: number | null
  probabilities_json: string | null
  reason: UnknownReason | null
  latency_ms: number
  late: Bit
  /** How far the frame is from all that its model learned from (1 - cosine, 0..1); null in rows of an older release. */
  novelty: number | null
  /** A few bytes by which frames are compared (`signatureOf`). */
  signature: Uint8Array | null
  /** What is said of it besides: of ordinal states, of estimators (`VectorDetails`), of a door's members; null: nothing. */
  details_json: string | null
}

/** Sensors by what they read; readings that a release before stored are known here again at the next start of this one. */
export interface SensorsTable {
  device: string
  name: string
  /** No reading of the sensor is newer. */
  last_at: number
  last_value_json: string
  /** What its agent said of it last; null where it said nothing. */
  unit: string | null
  driver: string | null
}

export interface TokensTable {
  id: string
  name: string
  role: Role
  sha256: Uint8Array
  /** The person who signed in, or null for a token of its own. */
  user: string | null
  disabled: Bit
  created_at: number
  expires_at: number | null
  /** Id of the token that it was made from and ends with, or null. */
  parent: string | null
}

export interface TransitionsTable {
  id: Generated<number>
  camera: string
  at: number
  from_state: string
  to_state: string
  reason: UnknownReason | null
  confidence: number | null
  frame_at: number | null
  model: string | null
}

/** The last version of a deleted camera's models: the id of a model names no other one later. */
export interface UsedVersionsTable {
  camera: string
  version: number
}

export interface UsersTable {
  name: string
  role: Role
  /** `scrypt$N$r$p$salt$hash`, the last two in base64. */
  password: string
  disabled: Bit
  created_at: number
}

export type { CameraRow, CameraStateRow } from './schema-sources.ts'
export type ActivationRow = Selectable<ActivationsTable>
export type DeviceRow = Selectable<DevicesTable>
export type EventRow = Selectable<EventsTable>
export type FrameRow = Selectable<FramesTable>
export type JobLineRow = Selectable<JobLinesTable>
export type JobRow = Selectable<JobsTable>
export type LabelRow = Selectable<LabelsTable>
export type ModelRow = Selectable<ModelsTable>
export type ReadingRow = Selectable<ReadingsTable>
export type ResultRow = Selectable<ResultsTable>
export type ScheduleRow = Selectable<SchedulesTable>
export type SensorRow = Selectable<SensorsTable>
export type TokenRow = Selectable<TokensTable>
export type TransitionRow = Selectable<TransitionsTable>
export type UserRow = Selectable<UsersTable>
