import { Type } from 'typebox'
import type { Http } from '../http/http.ts'
import { nullable } from '../http/shapes.ts'

/** One thing that may be wrong, and what to do about it. */
export interface HealthCheck {
  name: string
  /** `error` makes the server not ready; `warn` does not. */
  level: 'ok' | 'warn' | 'error'
  text: string
}

const Health = Type.Object({
  status: Type.Enum(['ok', 'warn', 'error']),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      level: Type.Enum(['ok', 'warn', 'error']),
      text: nullable(Type.String({ description: 'what to do; null for whoever shows no token' })),
    }),
  ),
})

/** @param checks asked at every call; each answers at once from memory */
export function healthRoutes(http: Http, checks: () => HealthCheck[]) {
  http.get(
    '/api/health/live',
    {
      config: { access: 'public' },
      schema: { summary: 'The process answers', response: { 200: Type.Object({ status: Type.Literal('ok') }) } },
    },
    async () => ({ status: 'ok' as const }),
  )

  http.get(
    '/api/health/ready',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Frames are taken, stored and classified; what is wrong otherwise',
        response: { 200: Health, 503: Health },
      },
    },
    async ({ caller }, reply) => {
      // Texts name paths, sizes of disks and errors of programs, which are nobody's business outside.
      const found = checks().map((check) => (caller ? check : { ...check, text: null }))
      const level = (name: HealthCheck['level']) => found.some((check) => check.level === name)
      const status = level('error') ? 'error' : level('warn') ? 'warn' : 'ok'
      return reply.status(status === 'error' ? 503 : 200).send({ status, checks: found })
    },
  )
}
