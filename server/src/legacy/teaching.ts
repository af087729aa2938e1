import { join } from 'node:path'
import type { VectorView } from '@ajar/models'
import type { JobRow } from '../database/schema.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import { HttpError } from '../http/errors.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { Lessons, type LessonsOptions } from './lessons.ts'
import { DEVICE, MOST_SOURCES } from './senders.ts'
import type { VectorLesson } from './training-data.ts'

export interface TeachingPorts {
  database: StateDatabase
  sources: Pick<Sources, 'ensure'>
  jobs: Pick<Jobs, 'create' | 'cancel'>
  /** How the readings of each TYPE are seen. */
  views: Record<VectorLesson['type'], VectorView>
}

/** Takes in what is to be learned from; datasets lie below the data folder. */
export function openLessons({
  database,
  dataDir,
  ...ports
}: Omit<LessonsOptions, 'folder' | 'needed'> & { database: StateDatabase; dataDir: string }): Lessons {
  return new Lessons({ ...ports, folder: join(dataDir, 'datasets'), needed: () => datasetsOfJobs(database) })
}

/** The sensor that learns from DATA of each TYPE. */
const LEARNERS = { CSI: 'csi', RSSI: 'rssi' } as const

/**
 * Has a sensor trained on a dataset. A dataset that still waits is not trained on any more: the last that was sent counts.
 * @throws HttpError where it cannot begin
 */
export async function teachSensor(
  { type, states, dataset }: Pick<VectorLesson, 'type' | 'states'> & { dataset: string },
  author: string,
  { database, sources, jobs, views }: TeachingPorts,
): Promise<JobRow> {
  const ref = { device: DEVICE, camera: LEARNERS[type] }
  const learner = await sources.ensure(ref, MOST_SOURCES, { kind: 'sensor', states, vector: views[type] })
  if (!learner)
    throw new HttpError(503, 'too_many_sources', `Error, ${DEVICE} has as many sensors as a device may have`)
  const waiting = await waitingFor(database, learner.id)
  const job = await jobs.create('training', learner.id, { dataset }, { owner: author })
  // One that has begun meanwhile is followed by this one.
  for (const { id } of waiting) await jobs.cancel(id).catch(() => {})
  return job
}

/** Names of datasets that a job is still to read. */
async function datasetsOfJobs(database: StateDatabase): Promise<string[]> {
  // Asked where rows are written, which sees a job that was made just now.
  const jobs = await database.write
    .selectFrom('jobs')
    .select('params_json')
    .where('kind', '=', 'training')
    .where(
      'camera',
      'in',
      Object.values(LEARNERS).map((name) => `${DEVICE}/${name}`),
    )
    .where('state', 'in', ['queued', 'running'])
    .execute()
  return jobs.map(({ params_json }) => String(JSON.parse(params_json).dataset))
}

async function waitingFor(database: StateDatabase, camera: string) {
  const jobs = await database.write
    .selectFrom('jobs')
    .select(['id', 'params_json'])
    .where('kind', '=', 'training')
    .where('camera', '=', camera)
    .where('state', '=', 'queued')
    .execute()
  // A schedule, or somebody in the console, may have asked for another training.
  return jobs.filter(({ params_json }) => 'dataset' in JSON.parse(params_json))
}
