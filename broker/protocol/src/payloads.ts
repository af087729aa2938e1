import { type Static, Type } from 'typebox'

/** Why a frame or a reading was acknowledged but cannot be used (guarantee 6). */
export const REJECT_CODES = [
  'not_jpeg',
  'truncated',
  'too_large',
  'too_many_pixels',
  'bad_name',
  'clock',
  'id_collision',
  'empty',
  'being_deleted',
  /** Of a reading: it is not `{"value": ...}`. */
  'not_a_reading',
  /** Of a reading: the device has more sensors than the server keeps. */
  'too_many_sensors',
  /** Of a reading: its sensor has states, and this is neither a number nor a list of numbers. */
  'not_a_vector',
  /** Of a reading: its sensor has states, and its other readings are of another length. */
  'wrong_length',
] as const
export type RejectCode = (typeof REJECT_CODES)[number]

/** Why a camera's state is `unknown`. */
export const UNKNOWN_REASONS = [
  'no_model',
  'low_confidence',
  'unlike_training',
  'stale',
  'offline',
  'covered',
  'moved',
] as const
export type UnknownReason = (typeof UNKNOWN_REASONS)[number]

const count = Type.Integer({ minimum: 0 })
/** Characters of a fault in a status. */
export const FAULT_LENGTH = 256
const fault = Type.Union([Type.String({ maxLength: FAULT_LENGTH }), Type.Null()])

/** What became of the pictures that a camera took since the agent's start; `dropped` since its outbox was made. */
export const CaptureCounts = Type.Object({
  /** What takes the pictures, once it is known: `rpicam`, `v4l2`, ... */
  driver: Type.Union([Type.String({ maxLength: 32 }), Type.Null()]),
  captured: count,
  /** Not sent, since nothing had changed. */
  gated: count,
  sent: count,
  /** Lost to a bound of the outbox. */
  dropped: count,
  /** Why it takes no pictures now, in words and without passwords; left out by older agents. */
  fault: Type.Optional(fault),
})
export type CaptureCounts = Static<typeof CaptureCounts>

/** A sensor of a device as its agent tells of it. */
export const SensorStatus = Type.Object({
  /** What reads it: `gpio`, `cpu-temperature`, ... */
  driver: Type.String({ maxLength: 32 }),
  /** What its numbers are in: `°C`, `%`, `dBm`; null where they have none. */
  unit: Type.Union([Type.String({ maxLength: 16 }), Type.Null()]),
  /** Why it cannot be read now. */
  fault,
})
export type SensorStatus = Static<typeof SensorStatus>

/** Bytes of a status: the server keeps only the state of a longer one. */
export const MOST_STATUS_BYTES = 64 * 1024

/** `ajar/{device}/status`, retained, and the agent's last will. Unknown fields are kept: agents may be newer. */
export const Status = Type.Object({
  state: Type.Union([Type.Literal('online'), Type.Literal('offline')]),
  version: Type.Optional(Type.String({ maxLength: 64 })),
  /** When the agent started, milliseconds UTC: its `captures` count from then on. */
  startedAtMs: Type.Optional(Type.Integer({ minimum: 0 })),
  cameras: Type.Optional(Type.Array(Type.String({ maxLength: 32 }), { maxItems: 64 })),
  driver: Type.Optional(Type.String({ maxLength: 64 })),
  outboxFrames: Type.Optional(Type.Integer({ minimum: 0 })),
  droppedFrames: Type.Optional(Type.Integer({ minimum: 0 })),
  temperatureC: Type.Optional(Type.Number()),
  captures: Type.Optional(Type.Record(Type.String(), CaptureCounts)),
  sensors: Type.Optional(Type.Record(Type.String(), SensorStatus)),
})
export type Status = Static<typeof Status>

/** `ajar/{device}/{camera}/state`, retained; the same object is a camera's state in HTTP. */
export const CameraState = Type.Object({
  state: Type.String({ description: 'a state of the camera, or `unknown`' }),
  confidence: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]),
  since: Type.Union([Type.Integer({ description: 'milliseconds UTC' }), Type.Null()]),
  frame: Type.Union([Type.String({ description: 'device/camera/capturedAtMs' }), Type.Null()]),
  model: Type.Union([Type.String({ description: 'device/camera@version' }), Type.Null()]),
  reason: Type.Optional(Type.Enum([...UNKNOWN_REASONS], { description: 'why it is `unknown`' })),
})
export type CameraState = Static<typeof CameraState>

/** `ajar/{device}/{sensor}/reading/{atMs}` */
export const Reading = Type.Object(
  {
    value: Type.Union([Type.Number(), Type.String({ maxLength: 1024 }), Type.Array(Type.Number(), { maxItems: 4096 })]),
  },
  { additionalProperties: false },
)
export type Reading = Static<typeof Reading>

/** `ajar/{device}/config/desired`: a full replacement of the agent's settings. */
export const ConfigDesired = Type.Object(
  { version: Type.Integer({ minimum: 0 }), settings: Type.Record(Type.String(), Type.Unknown()) },
  { additionalProperties: false },
)
export type ConfigDesired = Static<typeof ConfigDesired>

/** `ajar/{device}/config/applied`: the agent's answer to `config/desired`. */
export const ConfigApplied = Type.Object({
  version: Type.Integer({ minimum: 0 }),
  ok: Type.Boolean(),
  errors: Type.Array(Type.String({ maxLength: 1024 }), { maxItems: 64 }),
})
export type ConfigApplied = Static<typeof ConfigApplied>

/** `ajar/{device}/rejected`: what became of a frame, or of a reading, that could not be used. */
export const Rejected = Type.Object({
  frame: Type.Optional(Type.String({ description: '`device/camera/ms`, as far as it is known' })),
  reading: Type.Optional(Type.String({ description: '`device/sensor/ms`, as far as it is known' })),
  code: Type.Enum([...REJECT_CODES]),
  reason: Type.String({ description: 'in words: what was wrong and what to do' }),
})
export type Rejected = Static<typeof Rejected>

const alertTime = Type.Union([Type.Integer({ description: 'milliseconds UTC' }), Type.Null()])

export const SEVERITIES = ['info', 'warning', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

/**
 * `ajar/{device}/{camera}/alert/{rule}`, `ajar/{device}/alert/{rule}`, `ajar/server/alert/{rule}`: what a rule of the server
 * found. Retained while it stands; told once as `resolved`, then what is retained is cleared.
 */
export const Alert = Type.Object({
  id: Type.Integer({ description: 'one time that the rule found something of the subject' }),
  rule: Type.String(),
  name: Type.String({ description: 'of the rule' }),
  kind: Type.String({ description: 'of the rule: `state`, `offline`, ...' }),
  subject: Type.String({ description: 'the camera `device/camera`, the device, or `server`' }),
  severity: Type.Enum([...SEVERITIES]),
  state: Type.Enum(['firing', 'resolved']),
  since: Type.Integer({ description: 'since when the condition holds, milliseconds UTC' }),
  firedAtMs: alertTime,
  resolvedAtMs: alertTime,
  acknowledgedAtMs: alertTime,
  acknowledgedBy: Type.Union([Type.String(), Type.Null()]),
  text: Type.String({ description: 'for people' }),
  value: Type.Union([Type.Number(), Type.String(), Type.Null()]),
})
export type Alert = Static<typeof Alert>
