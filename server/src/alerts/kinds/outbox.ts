import { Type } from 'typebox'
import { alertKind } from '../alert-kind.ts'

export const outbox = alertKind({
  name: 'outbox',
  title: 'Frames wait in a device',
  description:
    'More frames than this wait in the outbox of a device. It ends once they are fewer than the second number.',
  subject: 'device',
  params: Type.Object(
    {
      frames: Type.Integer({ title: 'frames', minimum: 1, maximum: 10_000_000, default: 500, unit: 'frames' }),
      clearFrames: Type.Optional(
        Type.Integer({
          title: 'ends below',
          description: 'half of it where nothing is said',
          minimum: 0,
          maximum: 10_000_000,
          unit: 'frames',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  defaults: { forMs: 60_000, clearMs: 0, severity: 'warning' },
  flawOf: ({ frames, clearFrames = 0 }) =>
    clearFrames > frames ? { field: 'clearFrames', message: `has to be at most ${frames}, at which it begins` } : null,
  look({ subject, connected, status }, { frames, clearFrames = frames / 2 }, standing) {
    const waiting = status?.outboxFrames
    // Nobody knows what waits in a device that is away.
    if (!connected || waiting === undefined) return { holds: null }
    const isOver = standing ? waiting < clearFrames || waiting === 0 : waiting <= frames
    if (isOver) return { holds: false }
    const text = `${waiting} frames wait in ${subject}, more than ${frames}`
    return { holds: true, text, was: `more than ${frames} frames waited in ${subject}`, value: waiting }
  },
})
