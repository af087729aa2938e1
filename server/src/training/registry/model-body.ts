import { type Evaluation, renewedEvaluation } from '@ajar/models'
import { type Static, Type } from 'typebox'
import type { ModelRow } from '../../database/schema.ts'
import type { Sources } from '../../devices/sources.ts'
import { iso, nullable, Time } from '../../http/shapes.ts'
import type { ModelRegistry } from './model-registry.ts'

/** A model as every route that answers with one shows it. */
export const ModelBody = Type.Object({
  id: Type.String({ description: 'device/camera@version' }),
  camera: Type.String({ description: 'whose model it is; its id may be of a name that the camera had' }),
  version: Type.Integer(),
  backbone: Type.String(),
  engine: Type.String({ description: 'what made the features that it learned from' }),
  active: Type.Boolean(),
  createdAt: Time,
  origin: Type.Enum(['trained', 'uploaded', 'copied']),
  parent: nullable(Type.String({ description: 'the model that was active when it was made, or that it is a copy of' })),
  original: nullable(
    Type.String({ description: 'the id that it had where it came from; null where it was made here' }),
  ),
  seed: nullable(Type.Number()),
  states: Type.Array(Type.String()),
  labels: nullable(
    Type.Object({
      digest: Type.String({ description: 'sha256 over the sorted lines `frame state`' }),
      frames: Type.Integer(),
      perState: Type.Record(Type.String(), Type.Integer()),
    }),
  ),
  region: nullable(Type.Array(Type.Object({ x: Type.Number(), y: Type.Number() }))),
  view: nullable(
    Type.Object(
      {
        parts: Type.Array(Type.Object({ name: Type.String(), length: Type.Integer(), kind: Type.String() })),
        window: Type.Integer({ description: 'readings that are looked at together, the newest last' }),
      },
      { description: 'of a model of readings: how it sees them' },
    ),
  ),
  evaluation: nullable(
    Type.Unknown({
      description:
        'held-out balanced accuracy with its interval, the plain accuracy beside that of always naming the commonest state ' +
        '(`majority`), precision and recall by state, confusion, day and night, the learning curve; of a model with an `original` it is what was said of it elsewhere',
    }),
  ),
  verdict: Type.String({ description: '`ready`, or what to label next' }),
  gate: nullable(Type.Unknown({ description: 'how it compared with the model that was active' })),
  job: nullable(Type.String({ description: 'the training that made it' })),
})

const UNKNOWN = 'its files cannot be read: nobody knows how good it is'

/** Shows models of any age. */
export async function shownModel(
  row: ModelRow,
  { sources, registry }: { sources: Sources; registry: ModelRegistry },
): Promise<Static<typeof ModelBody>> {
  const details = await registry.detailsOf(row)
  const evaluation: Evaluation | null = renewedEvaluation(JSON.parse(row.evaluation_json))
  return {
    id: row.id,
    camera: row.camera,
    version: row.version,
    backbone: row.backbone,
    engine: row.engine,
    active: sources.find(row.camera)?.activeModel === row.id,
    createdAt: iso(row.created_at),
    origin: row.origin ?? 'trained',
    parent: row.parent,
    original: details?.original ?? null,
    seed: details?.seed ?? null,
    states: details?.states ?? evaluation?.states ?? [],
    labels: details?.labels ?? null,
    region: details?.region ?? null,
    view: details?.view ?? null,
    evaluation,
    verdict: details?.verdict ?? UNKNOWN,
    gate: details?.gate ?? null,
    job: row.job,
  }
}
