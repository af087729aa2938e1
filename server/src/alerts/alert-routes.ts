import { Type } from 'typebox'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { listOf, Milliseconds } from '../http/shapes.ts'
import { AlertBody, shownAlert } from './alert-body.ts'
import type { Alerts } from './open-alerts.ts'
import { ruleRoutes } from './rule-routes.ts'

const strict = { additionalProperties: false }
const ById = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const Seen = Type.Object({ ids: Type.Array(ById.properties.id, { minItems: 1, maxItems: 1000 }) }, strict)
const Query = Type.Object(
  {
    state: Type.Enum(['standing', 'resolved', 'all'], {
      default: 'standing',
      description: '`standing`: those that fire, acknowledged or not; `all`: those that do not fire yet, too',
    }),
    subject: Type.Optional(Type.String({ description: 'the camera `device/camera`, the device, or `server`' })),
    rule: Type.Optional(Type.String({ description: 'id of a rule' })),
    from: Type.Optional(Milliseconds),
    to: Type.Optional(Milliseconds),
    limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }),
    cursor: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: '`next` of the page before' })),
  },
  strict,
)

/** What rules found, and the rules. */
export function alertRoutes(http: Http, { rules, rows, engine, webhooks, publicUrl }: Alerts) {
  ruleRoutes(http, { rules, webhooks, publicUrl, alerts: () => engine.alerts() })

  http.get(
    '/api/alerts',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Alerts, the newest first',
        description:
          '`from` and `to` are about the time at which they fired. Alerts that ended are kept for 90 days, the last 100,000 of them.',
        querystring: Query,
        response: { 200: listOf(AlertBody) },
      },
    },
    async ({ query: { cursor, limit, ...query } }) => {
      const before = cursor === undefined ? undefined : Number(cursor)
      const found = await rows.list({ ...query, before, limit: limit + 1 })
      const last = found.length > limit ? found[limit - 1] : undefined
      return { items: found.slice(0, limit).map(shownAlert), next: last ? String(last.id) : null }
    },
  )

  http.post(
    '/api/alerts/acknowledge',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Say that several alerts are seen',
        description: 'Those that have ended, or that somebody has seen already, stay as they are.',
        body: Seen,
        response: { 200: Type.Object({ items: Type.Array(AlertBody, { description: 'those that this changed' }) }) },
      },
    },
    async (request) => {
      const seen = await engine.acknowledgeAll(new Set(request.body.ids), callerName(request))
      return { items: seen.map(shownAlert) }
    },
  )

  http.post(
    '/api/alerts/:id/acknowledge',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Say that an alert is seen; it stands until what it tells of has ended',
        description: 'The next time that the rule finds the same it is another alert, which nobody has seen.',
        params: ById,
        response: { 200: AlertBody },
      },
    },
    async (request) => shownAlert(await engine.acknowledge(request.params.id, callerName(request))),
  )

  http.delete(
    '/api/alerts/:id/acknowledge',
    {
      config: { access: 'operator' },
      schema: { summary: 'Take that back', params: ById, response: { 200: AlertBody } },
    },
    async (request) => shownAlert(await engine.acknowledge(request.params.id, null)),
  )
}
