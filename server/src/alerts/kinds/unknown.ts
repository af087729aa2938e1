import { UNKNOWN_REASONS, type UnknownReason } from '@ajar/protocol'
import { Type } from 'typebox'
import { alertKind } from '../alert-kind.ts'

/** A camera that nobody has taught yet is no news. */
const USUAL: UnknownReason[] = UNKNOWN_REASONS.filter((reason) => reason !== 'no_model')

/** As long as it is so, and once it is over. */
const WORDS: Record<UnknownReason, [string, string]> = {
  no_model: ['it has no model', 'it had no model'],
  low_confidence: ['its model is not sure', 'its model was not sure'],
  unlike_training: ['its pictures are like nothing in training', 'its pictures were like nothing in training'],
  stale: ['no pictures come', 'no pictures came'],
  offline: ['its device is offline', 'its device was offline'],
  covered: ['it is covered', 'it was covered'],
  moved: ['it was moved', 'it had been moved'],
}

export const unknown = alertKind({
  name: 'unknown',
  title: 'The state of a camera is unknown',
  description:
    'Such as one whose pictures have stopped, or that somebody turned away. It ends when the state is known again.',
  subject: 'camera',
  params: Type.Object(
    {
      reasons: Type.Array(Type.Enum([...UNKNOWN_REASONS]), {
        title: 'reasons',
        description: 'only where one of these is why',
        unit: 'reason',
        minItems: 1,
        maxItems: UNKNOWN_REASONS.length,
        uniqueItems: true,
        default: USUAL,
      }),
    },
    { additionalProperties: false },
  ),
  defaults: { forMs: 900_000, clearMs: 0, severity: 'warning' },
  look({ subject, state: { state, reason, since }, seen, settled }, { reasons }) {
    if (state !== 'unknown' || reason === undefined) return seen ? { holds: false } : { holds: null }
    if (!reasons.includes(reason)) return { holds: false }
    if (!seen && !settled) return { holds: null }
    const [now, then] = WORDS[reason]
    const [text, was] = [`the state of ${subject} is unknown (${now})`, `the state of ${subject} was unknown (${then})`]
    return { holds: true, text, was, value: reason, since }
  },
})
