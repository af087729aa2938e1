import { UNKNOWN_REASONS, type UnknownReason } from '@ajar/protocol'
import { Type } from 'typebox'
import { alertKind } from '../alert-kind.ts'

/** A camera that nobody has taught yet is no news. */
const USUAL: UnknownReason[] = UNKNOWN_REASONS.filter((reason) => reason !== 'no_model')

const WORDS: Record<UnknownReason, string> = {
  no_model: 'it has no model',
  low_confidence: 'its model is not sure',
  unlike_training: 'its pictures are like nothing in training',
  stale: 'no pictures come',
  offline: 'its device is offline',
  covered: 'it is covered',
  moved: 'it was moved',
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
    if (state !== 'unknown' || reason === undefined)
      return { holds: seen ? false : null, text: `the state of ${subject} is known: ${state}`, value: state }
    const common = { text: `the state of ${subject} is unknown: ${WORDS[reason]}`, value: reason }
    if (!reasons.includes(reason)) return { ...common, holds: false }
    return { ...common, holds: seen || settled ? true : null, since }
  },
})
