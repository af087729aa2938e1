import { MOST_NUMBERS, MOST_WINDOW } from '@ajar/models'
import { NAME_PATTERN } from '@ajar/protocol'
import { Type } from 'typebox'
import { badRequest } from '../http/errors.ts'
import { nullable } from '../http/shapes.ts'
import { reservedState } from '../marks.ts'

/** What an operator sets of a source, as routes take it and show it. */

export const fraction = { minimum: 0, maximum: 1 }
const strict = { additionalProperties: false }

/** Of every source. */
export const commonSettings = {
  states: Type.Array(Type.String({ pattern: NAME_PATTERN }), {
    maxItems: 32,
    uniqueItems: true,
    description: 'names of what it can be in; `unknown` and the marks `unclear` and `ignore` are none',
  }),
  threshold: Type.Number({ ...fraction, description: 'a result of less confidence is `unknown`' }),
  debounce: Type.Integer({ minimum: 1, maximum: 1000, description: 'so many agreeing results change the state' }),
  staleAfterMs: Type.Integer({
    minimum: 1000,
    maximum: 86_400_000,
    description: '`unknown` when frames, or readings, stop for so long',
  }),
}

/** Of a sensor besides. */
export const VectorSettings = Type.Object(
  {
    parts: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: NAME_PATTERN, description: '`amplitude`, `phase`, `value`, ...' }),
          length: Type.Integer({ minimum: 1, maximum: MOST_NUMBERS }),
          kind: Type.Enum(['value', 'phase'], {
            description: '`phase`: angles in radians, which are unwrapped and freed of their drift',
          }),
        },
        strict,
      ),
      { minItems: 1, maxItems: 16, description: 'in their order; their lengths add up to that of a reading' },
    ),
    window: Type.Integer({
      minimum: 1,
      maximum: MOST_WINDOW,
      description: 'so many readings, the newest and those before it, make one look',
    }),
  },
  strict,
)

export const sensorSettings = {
  ...commonSettings,
  vector: nullable({
    ...VectorSettings,
    description: `how its readings are seen, at most ${MOST_NUMBERS} numbers; null until the first of them comes`,
  }),
}

/** @throws HttpError 400 `reserved` */
export function refuseReservedStates(states: string[] = []) {
  for (const state of states) {
    const why = reservedState(state)
    if (why !== null) throw badRequest('reserved', why, 'states')
  }
}
