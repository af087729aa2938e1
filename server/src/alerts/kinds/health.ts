import { Type } from 'typebox'
import type { HealthCheck } from '../../observe/health.ts'
import { alertKind } from '../alert-kind.ts'

/** A text says what to do, and may hold what a program said. */
const MOST_SAID = 300

export const health = alertKind({
  name: 'health',
  title: 'The server is not well',
  description:
    'Something is wrong with the server itself, as its health says: the disk takes nothing, a process ended, InfluxDB is away. It ' +
    'ends when all of that is well again.',
  subject: 'server',
  params: Type.Object(
    {
      level: Type.Enum(['error', 'warn'], {
        title: 'from level',
        description: 'an error stops something; warn: whatever is wrong, such as an InfluxDB that is away',
        default: 'error',
      }),
      checks: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
          title: 'checks',
          description: 'only these; none chosen: each there is',
          unit: 'check',
          minItems: 1,
          maxItems: 50,
          uniqueItems: true,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  defaults: { forMs: 60_000, clearMs: 0, severity: 'critical' },
  look({ checks, settled }, { level, checks: names }) {
    const wrong = checks()
      .filter((check) => check.level === 'error' || check.level === level)
      .filter(({ name }) => names === undefined || names.includes(name))
    const [first] = wrong.toSorted((one, other) => gravity(other) - gravity(one))
    if (!first) return { holds: false }
    // After a start a process or a peer may still come.
    if (!settled) return { holds: null }
    const others = wrong.filter((check) => check !== first).map(({ name }) => name)
    const said = first.text.length > MOST_SAID ? `${first.text.slice(0, MOST_SAID)}…` : first.text
    const what = [`${first.name}: ${said}`, ...new Set(others)].join('; ')
    return {
      ...{ holds: true, text: `the server is not well (${what})`, was: `the server was not well (${what})` },
      value: [...new Set([first.name, ...others])].join(', '),
    }
  },
})

function gravity({ level }: HealthCheck): number {
  return level === 'error' ? 2 : 1
}
