import { Type } from 'typebox'
import type { ModelRow } from '../../database/schema.ts'
import type { Sources } from '../../devices/sources.ts'
import { callerName } from '../../http/access.ts'
import type { Http } from '../../http/http.ts'
import { LEARNERS } from '../../http/nouns.ts'
import { iso, listOf, nullable, Time } from '../../http/shapes.ts'
import type { Activations } from './activations.ts'
import { ModelBody, shownModel } from './model-body.ts'
import type { ModelRegistry } from './model-registry.ts'

export interface ModelRoutesPorts {
  sources: Sources
  registry: ModelRegistry
  activations: Activations
}

/** Names a model in a path. */
export const ModelPath = Type.Object({ device: Type.String(), name: Type.String({ description: 'camera@version' }) })

const Activation = Type.Object({
  at: Time,
  model: nullable(Type.String()),
  previous: nullable(Type.String()),
  reason: Type.Enum(['trained', 'activated', 'forced', 'rolled_back', 'copied'], {
    description: '`forced`: although it was worse than the one before',
  }),
  author: Type.String(),
})
const MOST_LISTED = 200

export function modelRoutes(http: Http, ports: ModelRoutesPorts) {
  const { sources, registry, activations } = ports
  const shown = (row: ModelRow) => shownModel(row, ports)

  http.get(
    '/api/models',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Models of a camera, the newest first',
        querystring: Type.Object({ camera: Type.String() }),
        response: { 200: listOf(ModelBody) },
      },
    },
    async ({ query }) => {
      const rows = await registry.rowsOf(sources.get(query.camera).id)
      return { items: await Promise.all(rows.map(shown)), next: null }
    },
  )

  http.get(
    '/api/models/:device/:name',
    {
      config: { access: 'viewer' },
      schema: { summary: 'One model with its evaluation', params: ModelPath, response: { 200: ModelBody } },
    },
    async ({ params }) => shown(await registry.row(`${params.device}/${params.name}`)),
  )

  http.post(
    '/api/models/:device/:name/activate',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Classify the next frames of its camera with this model',
        description:
          'Refused where it came out worse than the model that is active still (worse_than_active, which says by how ' +
          'much; `force` activates it all the same), where the camera has other states now (other_states), and where its ' +
          'files do not have their sha256 (model_damaged). The active model stays active.',
        params: ModelPath,
        body: Type.Union([
          Type.Object({ force: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
          Type.Null(),
        ]),
        response: { 200: ModelBody },
      },
    },
    async (request) => {
      const row = await registry.row(`${request.params.device}/${request.params.name}`)
      await activations.choose(row, callerName(request), request.body?.force ?? false)
      return shown(row)
    },
  )

  for (const noun of LEARNERS)
    http.post(
      `${noun.path}/rollback`,
      {
        config: { access: 'operator' },
        schema: {
          summary: 'Go back to the model that was active before; called again, to the one before that',
          description:
            'Models whose files are damaged, or that know other states than the camera has now, are passed over. Where none ' +
            'is left the active one stays (no_earlier_model).',
          params: noun.params,
          response: { 200: ModelBody },
        },
      },
      async (request) => {
        const { id } = sources.at(noun, request.params)
        return shown(await activations.rollback(id, callerName(request)))
      },
    )

  for (const noun of LEARNERS)
    http.get(
      `${noun.path}/activations`,
      {
        config: { access: 'viewer' },
        schema: {
          summary: 'Which models a camera had, and who gave them to it, the newest first',
          params: noun.params,
          querystring: Type.Object({
            limit: Type.Integer({ minimum: 1, maximum: MOST_LISTED, default: 50 }),
            cursor: Type.Optional(Type.Integer({ minimum: 0, description: '`next` of the page before' })),
          }),
          response: { 200: listOf(Activation) },
        },
      },
      async ({ params, query }) => {
        const { id } = sources.at(noun, params)
        const rows = await activations.list(id, query.limit + 1, query.cursor ?? Number.MAX_SAFE_INTEGER)
        const items = rows.slice(0, query.limit)
        return {
          items: items.map(({ at, model, previous, reason, author }) => ({
            at: iso(at),
            model,
            previous,
            reason,
            author,
          })),
          next: rows.length > items.length ? String(items.at(-1)?.id) : null,
        }
      },
    )
}
