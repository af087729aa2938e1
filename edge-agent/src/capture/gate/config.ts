import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

const closed = { additionalProperties: false }
const fraction = Type.Number({ minimum: 0, maximum: 1 })

/** How a camera's pictures are gated: sent at once where something changed, else every `heartbeatMs`. */
export const GateConfig = Type.Object(
  {
    difference: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.01,
      description:
        'share of the region (of its blocks of 8 x 8 pixels) that must look different from the picture sent last; 0 sends everything',
    }),
    region: Type.Optional(
      Type.Array(Type.Object({ x: fraction, y: fraction }, closed), {
        minItems: 3,
        maxItems: 64,
        description:
          "corners of a polygon, fractions of the picture from its upper left, as the server's region; left out: all of it",
      }),
    ),
    heartbeatMs: Type.Integer({
      minimum: 1000,
      maximum: 3_600_000,
      default: 30_000,
      description:
        "longest time between two pictures sent; keep it below the server's staleAfterMs, or the state gets unknown",
    }),
  },
  closed,
)
export type GateConfig = Static<typeof GateConfig>

/** The gate of `{}`. */
export const defaultGate = Value.Default(GateConfig, {}) as GateConfig
