import { basename, join } from 'node:path'
import type { CameraChanges } from '../devices/changes.ts'
import type { JobContext } from '../jobs/handlers.ts'
import type { Settings } from '../settings.ts'
import { importDataset } from './dataset.ts'
import { Holds } from './holds/holds.ts'
import { Import, type ImportPorts } from './labels/import.ts'
import { ReEmbedding, type ReEmbeddingPorts } from './re-embedding.ts'
import { Activations } from './registry/activations.ts'
import { ModelCopies } from './registry/copies.ts'
import { ModelRegistry } from './registry/model-registry.ts'
import { ModelUploads, type ModelUploadsPorts } from './registry/uploads.ts'
import { Training, type TrainingPorts } from './training.ts'
import { Usabilities } from './usability/usabilities.ts'

type Inner = 'registry' | 'activations' | 'importDataset' | keyof Settings
export type TeachingPorts = Omit<TrainingPorts & ReEmbeddingPorts & ModelUploadsPorts & ImportPorts, Inner> & {
  settings: Pick<Settings, 'dataDir' | 'engine' | 'backbone' | 'maxFrameBytes' | 'maxImportBytes'>
  changes: CameraChanges
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
  imports: Import
  usabilities: Usabilities
}

export function openTeaching({ settings, ...others }: TeachingPorts): Teaching {
  const { dataDir, engine, backbone, maxFrameBytes, maxImportBytes } = settings
  const ports = { ...others, engine, backbone, maxFrameBytes, maxImportBytes }
  const models = new ModelRegistry(ports.database, join(dataDir, 'models'))
  const activations = new Activations({ ...ports, registry: models })
  const imports = new Import(ports)
  const inner = {
    ...{ ...ports, registry: models, activations },
    importDataset: (context: JobContext, name: string) =>
      importDataset({ imports, ...ports }, context, join(dataDir, 'datasets', basename(name))),
  }
  return {
    models,
    activations,
    copies: new ModelCopies(inner),
    modelUploads: new ModelUploads(inner),
    reEmbedding: new ReEmbedding(inner),
    training: new Training(inner),
    holds: new Holds(ports),
    imports,
    usabilities: new Usabilities(ports),
  }
}
