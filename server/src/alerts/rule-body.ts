import { type Static, Type } from 'typebox'
import { NullableTime, nullable, Time } from '../http/shapes.ts'
import { SeverityBody } from './alert-body.ts'

const strict = { additionalProperties: false }
const DAY_MS = 86_400_000

const Duration = (description: string) => Type.Integer({ minimum: 0, maximum: 31 * DAY_MS, description })
const Params = Type.Record(Type.String(), Type.Unknown(), { description: 'as GET /api/alert-kinds says of its kind' })
const Subject = nullable(
  Type.String({
    maxLength: 65,
    description: 'the camera `device/camera` or the device it is about; null: each there is',
  }),
)
const Webhook = nullable(
  Type.Object({ url: Type.String({ maxLength: 2000 }) }, { ...strict, description: 'where each alert is sent to' }),
)

/** What is said of a rule; left out, it is as its kind has it. */
const said = {
  subject: Type.Optional(Subject),
  params: Type.Optional(Params),
  forMs: Type.Optional(Duration('so long it has to hold before it fires, milliseconds')),
  clearMs: Type.Optional(Duration('so long it has not to hold before the alert ends, milliseconds')),
  severity: Type.Optional(SeverityBody),
  enabled: Type.Optional(Type.Boolean()),
  webhook: Type.Optional(Webhook),
}
const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '\\S', description: 'no two rules have the same' })

export const NewRule = Type.Object(
  { name: Name, kind: Type.String({ maxLength: 32, description: 'such as `state`' }), ...said },
  strict,
)
export type NewRule = Static<typeof NewRule>

export const RuleChange = Type.Object(
  {
    name: Type.Optional(Name),
    ...said,
    rotateSecret: Type.Optional(Type.Boolean({ description: 'true: another secret of the webhook; the old one ends' })),
  },
  strict,
)
export type RuleChange = Static<typeof RuleChange>

export const DeliveryBody = Type.Object({
  waiting: Type.Integer({ description: 'messages that the receiver has not taken yet' }),
  dropped: Type.Integer({ description: 'messages it never got' }),
  lastError: nullable(Type.String({ description: 'why; whoever may not change rules is not told' })),
  lastErrorAt: NullableTime,
  lastDeliveredAt: NullableTime,
  nextAt: { ...NullableTime, description: 'when the oldest that waits is tried next; null where none waits' },
})

export const RuleBody = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: Type.String(),
  subject: Subject,
  params: Params,
  forMs: Type.Integer(),
  clearMs: Type.Integer(),
  severity: SeverityBody,
  enabled: Type.Boolean(),
  webhook: nullable(
    Type.Object({
      url: Type.String({ description: 'whoever may not change rules sees its host only: an address may be a secret' }),
      signed: Type.Literal(true),
      secret: Type.Optional(Type.String({ description: '`whsec_...`, in the answer that made it and nowhere else' })),
    }),
  ),
  author: Type.String(),
  createdAt: Time,
  changedAt: Time,
  standing: Type.Integer({ description: 'alerts of it that stand' }),
  delivery: nullable(DeliveryBody),
})
export type RuleBody = Static<typeof RuleBody>

export const KindBody = Type.Object({
  name: Type.String(),
  title: Type.String(),
  description: Type.String(),
  subject: Type.Enum(['camera', 'device', 'server']),
  params: Type.Record(Type.String(), Type.Unknown(), {
    description:
      'JSON schema of the params. `unit` says what a number is in (`ms`, `bytes`, `frames`), or which names to choose ' +
      'from: `state`, `reason`, `sensor`, `check`',
  }),
  defaults: Type.Object({ forMs: Type.Integer(), clearMs: Type.Integer(), severity: SeverityBody }),
})
