import { Type } from 'typebox'
import type { ModelRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Cameras } from '../devices/cameras.ts'
import { notFound } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { iso, listOf, nullable, Time } from '../http/shapes.ts'

const ModelBody = Type.Object({
  id: Type.String({ description: 'device/camera@version' }),
  camera: Type.String(),
  version: Type.Integer(),
  backbone: Type.String(),
  engine: Type.String(),
  active: Type.Boolean(),
  createdAt: Time,
  evaluation: nullable(Type.Unknown({ description: 'held-out balanced accuracy, interval, confusion, verdict' })),
})

export interface ModelRoutesPorts {
  database: StateDatabase
  cameras: Cameras
}

export function modelRoutes(http: Http, { database, cameras }: ModelRoutesPorts) {
  const shown = (row: ModelRow) => ({
    id: row.id,
    camera: row.camera,
    version: row.version,
    backbone: row.backbone,
    engine: row.engine,
    active: cameras.find(row.camera)?.activeModel === row.id,
    createdAt: iso(row.created_at),
    evaluation: JSON.parse(row.evaluation_json),
  })

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
      const { id } = cameras.get(query.camera)
      const rows = await database.read
        .selectFrom('models')
        .selectAll()
        .where('camera', '=', id)
        .orderBy('version', 'desc')
        .execute()
      return { items: rows.map(shown), next: null }
    },
  )

  http.get(
    '/api/models/:device/:name',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'One model with its evaluation',
        params: Type.Object({ device: Type.String(), name: Type.String({ description: 'camera@version' }) }),
        response: { 200: ModelBody },
      },
    },
    async ({ params }) => {
      const id = `${params.device}/${params.name}`
      const row = await database.read.selectFrom('models').selectAll().where('id', '=', id).executeTakeFirst()
      if (!row) throw notFound(`the model ${id}`)
      return shown(row)
    },
  )
}
