import type { CameraChanges } from '../devices/changes.ts'
import { Holds } from './holds/holds.ts'
import { ReEmbedding, type ReEmbeddingPorts } from './re-embedding.ts'
import { Activations } from './registry/activations.ts'
import { ModelCopies } from './registry/copies.ts'
import { ModelRegistry } from './registry/model-registry.ts'
import { ModelUploads, type ModelUploadsPorts } from './registry/uploads.ts'
import { Training, type TrainingPorts } from './training.ts'

type Inner = 'registry' | 'activations'
export type TeachingPorts = Omit<TrainingPorts & ReEmbeddingPorts & ModelUploadsPorts, Inner> & {
  changes: CameraChanges
  /** Where the files of all models lie. */
  modelsFolder: string
}

/** What makes models and what is done with them. */
export interface Teaching {
  models: ModelRegistry
  activations: Activations
  copies: ModelCopies
  modelUploads: ModelUploads
  reEmbedding: ReEmbedding
  training: Training
  holds: Holds
}

export function openTeaching(ports: TeachingPorts): Teaching {
  const models = new ModelRegistry(ports.database, ports.modelsFolder)
  const activations = new Activations({ ...ports, registry: models })
  const inner = { ...ports, registry: models, activations }
  return {
    models,
    activations,
    copies: new ModelCopies(inner),
    modelUploads: new ModelUploads(inner),
    reEmbedding: new ReEmbedding(inner),
    training: new Training(inner),
    holds: new Holds(ports),
  }
}
