import { Type } from 'typebox'
import type { AlertRow, AlertRuleRow } from '../database/schema-alerts.ts'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { iso, isoOrNull, listOf, nullable } from '../http/shapes.ts'
import { ALERT_KINDS } from './kinds.ts'
import { DeliveryBody, KindBody, NewRule, RuleBody, RuleChange } from './rule-body.ts'
import type { Rules, WrittenRule } from './rules.ts'
import type { Delivery } from './webhook/outbox.ts'
import type { Webhook } from './webhook/sign.ts'
import type { Webhooks } from './webhook/webhooks.ts'

const ById = Type.Object({ id: Type.String({ maxLength: 32 }) })

export interface RuleRoutesPorts {
  rules: Rules
  webhooks: Pick<Webhooks, 'statusOf' | 'statuses' | 'deliverNow' | 'retry'>
  /** What stands before the paths of links; empty: nothing. */
  publicUrl: string
  /** Those that stand. */
  alerts(): AlertRow[]
}

export function ruleRoutes(http: Http, { rules, webhooks, publicUrl, alerts }: RuleRoutesPorts) {
  const standingOf = (rule: string) => alerts().filter((alert) => alert.rule === rule).length
  const written = async ({ row, secret }: WrittenRule) =>
    shownRule(row, { standing: standingOf(row.id), delivery: await webhooks.statusOf(row.id), mayWrite: true, secret })

  http.get(
    '/api/alert-kinds',
    {
      config: { access: 'viewer' },
      schema: { summary: 'What rules can be made of', response: { 200: listOf(KindBody) } },
    },
    async () => ({ items: ALERT_KINDS.map(shownKind), next: null }),
  )

  http.get(
    '/api/alert-rules',
    {
      config: { access: 'viewer' },
      schema: { summary: 'Alert rules, the oldest first; at most 200', response: { 200: listOf(RuleBody) } },
    },
    async ({ caller }) => {
      const deliveries = await webhooks.statuses()
      const standing = Map.groupBy(alerts(), ({ rule }) => rule)
      const items = (await rules.list()).map((row) =>
        shownRule(row, {
          standing: standing.get(row.id)?.length ?? 0,
          delivery: deliveries.get(row.id) ?? null,
          mayWrite: mayWrite(caller),
        }),
      )
      return { items, next: null }
    },
  )

  http.get(
    '/api/alert-rules/:id',
    {
      config: { access: 'viewer' },
      schema: { summary: 'One alert rule', params: ById, response: { 200: RuleBody } },
    },
    async ({ params: { id }, caller }) =>
      shownRule(await rules.get(id), {
        standing: standingOf(id),
        delivery: await webhooks.statusOf(id),
        mayWrite: mayWrite(caller),
      }),
  )

  http.post(
    '/api/alert-rules',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Make an alert rule',
        description:
          'What it finds stands at GET /api/alerts, is told by the event `alert`, by MQTT on `ajar/{subject}/alert/{id}` and, where ' +
          'it has a webhook, by a signed POST there (https://www.standardwebhooks.com). Time in which nobody can tell whether it ' +
          'holds, or in which the server was down, counts neither for `forMs` nor for `clearMs`.',
        body: NewRule,
        response: { 201: RuleBody },
      },
    },
    async (request, reply) =>
      reply.status(201).send(await written(await rules.create(request.body, callerName(request)))),
  )

  http.patch(
    '/api/alert-rules/:id',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Change an alert rule',
        description: '`params` are replaced as a whole. Switched off, its alerts end.',
        params: ById,
        body: RuleChange,
        response: { 200: RuleBody },
      },
    },
    async ({ params, body }) => written(await rules.change(params.id, body)),
  )

  http.delete(
    '/api/alert-rules/:id',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Delete an alert rule; its alerts end',
        description:
          'What its webhook was not told yet it is told no more. To have it told of the end, switch the rule off first.',
        params: ById,
      },
    },
    async ({ params }, reply) => {
      await rules.remove(params.id)
      return reply.status(204).send()
    },
  )

  http.post(
    '/api/alert-rules/:id/retry',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Try now what waits for the webhook of a rule',
        description:
          'Answers once the oldest message was tried: what came of it stands in `lastDeliveredAt` and `lastError`. Those that are ' +
          'taken are followed by the next at once; after one that is not, the waits between attempts begin anew.',
        params: ById,
        response: { 200: DeliveryBody },
      },
    },
    async ({ params: { id } }) => {
      await rules.get(id)
      return shownDelivery(await webhooks.retry(id), true)
    },
  )

  http.post(
    '/api/alert-rules/:id/test',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Send one message of type `alert.test` to the webhook of a rule now',
        params: ById,
        response: {
          200: Type.Object({
            status: nullable(Type.Integer({ description: 'of its answer; null where there was none' })),
            text: Type.String({ description: 'what came of it, for people' }),
          }),
        },
      },
    },
    async ({ params: { id } }) => {
      const { name, kind, subject, severity } = await rules.get(id)
      const text = 'a test: this is how an alert of this rule arrives'
      const data = { rule: id, name, kind, subject, severity, text, link: `${publicUrl}/alerts` }
      return webhooks.deliverNow(id, { type: 'alert.test', data })
    },
  )
}

/** An error of the receiver is no error of the call: it stands in what is answered. */
function shownDelivery({ lastError, lastErrorAt, lastDeliveredAt, nextAt, ...counts }: Delivery, mayWrite: boolean) {
  const why = mayWrite ? lastError : lastError && NOT_SHOWN
  const times = { lastErrorAt: isoOrNull(lastErrorAt), lastDeliveredAt: isoOrNull(lastDeliveredAt) }
  return { ...counts, lastError: why, ...times, nextAt: isoOrNull(nextAt) }
}

function shownKind({ name, title, description, subject, params, defaults }: (typeof ALERT_KINDS)[number]) {
  return { name, title, description, subject, params: { ...params }, defaults }
}

function mayWrite(caller: { role: string } | null): boolean {
  return caller?.role === 'admin' || caller?.role === 'operator'
}

/** A receiver may repeat the address in its answer, as frameworks do for a path that they do not know. */
const NOT_SHOWN = 'whoever may change rules sees why'

interface Beside {
  standing: number
  delivery: Delivery | null
  mayWrite: boolean
  secret?: string | null
}

function shownRule(row: AlertRuleRow, { standing, delivery, mayWrite, secret = null }: Beside): RuleBody {
  const { id, name, kind, subject, severity, author } = row
  const webhook = row.webhook_json === null ? null : (JSON.parse(row.webhook_json) as Webhook)
  return {
    ...{ id, name, kind, subject, params: JSON.parse(row.params_json), forMs: row.for_ms, clearMs: row.clear_ms },
    ...{ severity, enabled: row.enabled === 1, author, standing },
    webhook: webhook && {
      url: mayWrite ? webhook.url : `${new URL(webhook.url).origin}/…`,
      signed: true,
      ...(secret === null ? {} : { secret }),
    },
    createdAt: iso(row.created_at),
    changedAt: iso(row.changed_at),
    delivery: delivery && shownDelivery(delivery, mayWrite),
  }
}
