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

/** How many frames went how far since the start; `waiting` is how many wait in memory now. */
export interface FrameCounts {
  taken: number
  ended: number
  waiting: number
}

/** @returns whether the text is the secret of this start, see `openProbe` */
export type HealthProbe = (shown: string) => boolean

/** What only those are told who show a token, or the probe's secret. */
export interface HealthDetails {
  /** Null where a checkout runs. */
  release: string | null
  frames(): FrameCounts
  isProbe: HealthProbe
}

const PROBE = 'x-ajar-probe'

const Health = Type.Object({
  status: Type.Enum(['ok', 'warn', 'error']),
  release: nullable(Type.String({ description: 'the release that answers; null for a checkout, and without a token' })),
  frames: nullable(
    Type.Object(
      {
        taken: Type.Integer({ description: 'stored since the start' }),
        ended: Type.Integer({ description: 'ended since the start, those that were stored before it among them' }),
        waiting: Type.Integer({ description: 'that wait for the classifier now' }),
      },
      { description: 'null without a token' },
    ),
  ),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      level: Type.Enum(['ok', 'warn', 'error']),
      text: nullable(Type.String({ description: 'what to do; null for whoever shows no token' })),
    }),
  ),
})

/** @param checks asked at every call; each answers at once from memory */
export function healthRoutes(http: Http, checks: () => HealthCheck[], { release, frames, isProbe }: HealthDetails) {
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
    async ({ caller, headers }, reply) => {
      // Texts name paths, sizes of disks and errors of programs, which are nobody's business outside.
      const isKnown = caller !== null || isProbe(String(headers[PROBE] ?? ''))
      const found = checks().map((check) => (isKnown ? check : { ...check, text: null }))
      const level = (name: HealthCheck['level']) => found.some((check) => check.level === name)
      const status = level('error') ? 'error' : level('warn') ? 'warn' : 'ok'
      return reply.status(status === 'error' ? 503 : 200).send({
        status,
        ...(isKnown ? { release, frames: frames() } : { release: null, frames: null }),
        checks: found,
      })
    },
  )
}
