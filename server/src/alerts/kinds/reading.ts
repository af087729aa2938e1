import { NAME_PATTERN } from '@ajar/protocol'
import { Type } from 'typebox'
import { alertKind } from '../alert-kind.ts'

export const reading = alertKind({
  name: 'reading',
  title: 'A sensor reads too much, or too little',
  description:
    'The newest reading of a sensor is above or below a number: the temperature of a Pi, or how full its disk is. It ends ' +
    'once the reading is on the other side of the second number.',
  subject: 'device',
  params: Type.Object(
    {
      sensor: Type.String({ title: 'sensor', pattern: NAME_PATTERN, unit: 'sensor' }),
      is: Type.Enum(['above', 'below'], { title: 'is', default: 'above' }),
      limit: Type.Number({ title: 'limit' }),
      clear: Type.Optional(Type.Number({ title: 'ends at', description: 'the limit itself where nothing is said' })),
      staleMs: Type.Integer({
        title: 'older readings say nothing',
        description: '0: the newest one counts, however old it is, as of sensors that tell changes only',
        minimum: 0,
        maximum: 31 * 86_400_000,
        default: 3_600_000,
        unit: 'ms',
      }),
    },
    { additionalProperties: false },
  ),
  defaults: { forMs: 60_000, clearMs: 0, severity: 'warning' },
  flawOf({ is, limit, clear = limit }) {
    if (is === 'above' ? clear <= limit : clear >= limit) return null
    return {
      field: 'clear',
      message: `has to be ${is === 'above' ? 'at most' : 'at least'} ${limit}, at which it begins`,
    }
  },
  sensorsOf: ({ sensor }) => [sensor],
  look({ subject, reading, now }, { sensor, is, limit, clear = limit, staleMs }, standing) {
    const newest = reading(sensor)
    if (typeof newest?.value !== 'number') return { holds: null }
    const { value, at } = newest
    if (staleMs > 0 && now - at > staleMs) return { holds: null }
    const edge = standing ? clear : limit
    const isOver = is === 'above' ? value <= edge : value >= edge
    if (isOver) return { holds: false }
    const text = `${sensor} of ${subject} reads ${value}, ${is} ${limit}`
    return { holds: true, text, was: `${sensor} of ${subject} read ${is} ${limit}`, value }
  },
})
