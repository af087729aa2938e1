import { join } from 'node:path'
import type { Span } from '../database/camera-rows.ts'
import type { Events } from '../database/events.ts'
import type { Archive } from '../database/frames/archive.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import type { JobContext } from '../jobs/handlers.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Work } from '../jobs/worker/messages.ts'
import type { Log } from '../logging/levels.ts'
import type { Settings } from '../settings.ts'
import { Available, type External } from './available.ts'
import { settleAsTheyEnd } from './execution/ended-jobs.ts'
import { resultsOf } from './execution/frame-times.ts'
import { Making, PURGED } from './execution/making.ts'
import { OperationJobs } from './execution/operation-jobs.ts'
import { JOB_KIND, Operations } from './execution/operations.ts'
import { Results } from './execution/results.ts'
import { Room } from './execution/room.ts'
import { Sweeping } from './execution/sweeping.ts'
import { Usage } from './execution/usage.ts'
import { Files } from './files/files.ts'
import { SignedUrls } from './files/signed-urls.ts'
import { Uploads } from './files/uploads.ts'
import type { CameraThen, Operation } from './operation.ts'
import { operationCacheKey } from './operation-cache-key.ts'
import { OPERATIONS } from './operations.ts'
import { NewPictures } from './poll/new-pictures.ts'
import { Sessions } from './rest/sessions.ts'
import { openPictures } from './shown/open-pictures.ts'
import { Renderings } from './shown/renderings.ts'
import { AllSources } from './sources/all-sources.ts'
import { FitsFolder } from './sources/fits-folder.ts'
import { frameOf } from './sources/frame-source.ts'

export interface LaboratoryParts {
  database: StateDatabase
  events: Events
  archive: Archive
  cameras: Pick<Sources, 'find' | 'list' | 'nameNow'>
  settings: Pick<
    Settings,
    | 'dataDir'
    | 'archiveDir'
    | 'laboratoryBytes'
    | 'laboratoryMs'
    | 'engine'
    | 'publicUrl'
    | 'maxImportBytes'
    | 'rehearsal'
  >
  /** What stays free on the disk, in bytes. */
  leastFreeBytes: number
  jobs(): Pick<Jobs, 'add' | 'wake' | 'cancel' | 'refusalFor'>
  /** Has work done by a job worker. */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  log: Log
  /** Those that there are; tests have others. */
  operations?: readonly Operation[]
  /** Tasks, each of which is an operation too. */
  tasks?: External
}

/** The laboratory: data sessions, operations, their files and results. It waits for `start`. */
export async function openLaboratory(parts: LaboratoryParts) {
  const { database, events, archive, cameras, settings, jobs, perform, log } = parts
  const { dataDir } = settings
  const now = () => Date.now()
  const folder = join(dataDir, 'laboratory')
  const urls = await SignedUrls.open(join(folder, 'key'))
  const files = new Files({ database, folder, urls })
  const fits = settings.archiveDir === null ? null : new FitsFolder(settings.archiveDir)
  const sources = new AllSources({ database, archive, cameras, files, fits })
  const results = new Results({ database, files, now })
  const renderings = new Renderings(join(folder, 'shown'))
  const room = new Room({
    ...{
      database,
      results,
      renderings,
      dataDir,
      mostBytes: settings.laboratoryBytes,
      leastFreeBytes: parts.leastFreeBytes,
    },
  })
  const uploads = new Uploads({
    ...{ database, files, room, mostBytes: settings.maxImportBytes },
    isInArchive: async (basename) => frameOf(basename) !== null || (await fits?.find(basename)) != null,
  })
  const shown = openPictures({
    ...{ database, archive, cameras, files, urls, sources, fits, room, renderings },
  })
  const cameraNow = (id: string): CameraThen | null => {
    const camera = cameras.find(id)
    if (!camera) return null
    const { activeModel, states, threshold, masks } = camera
    return { activeModel, states, threshold, masks }
  }
  const available = new Available(parts.operations ?? OPERATIONS, parts.tasks)
  const asked = { operations: available, sources, cacheKey: operationCacheKey, cameraNow }
  const operations = new Operations({ ...asked, database, jobs, files, results, room, now })
  const sessions = new Sessions({
    ...{ database, now },
    expand: (...entries) => sources.expand(...entries),
    removeOperations: async (session) => void (await operations.remove(session)),
  })
  const making = new Making({
    ...{ database, results, room, perform, scratch: files.scratch, engine: settings.engine },
    ...{ framesFolder: join(dataDir, 'frames'), modelsFolder: join(dataDir, 'models') },
  })
  const operationJobs = new OperationJobs({ ...asked, database, results, making })
  const sweeping = new Sweeping({
    ...{ database, files, results, room, log, now, keptMs: settings.laboratoryMs },
    inUse: () => making.folders,
  })
  const usage = new Usage({ database, room })
  const newPictures = new NewPictures({
    ...{ database, events, fits, now },
    isCamera: (source) => cameras.find(source)?.kind === 'camera',
    isThere: async (basename) => (await sources.find(null, 'archive', basename)) !== null,
  })
  let unsubscribe = () => {}
  return {
    /** The operations that may be asked for. */
    available,
    sessions,
    operations,
    files,
    sources,
    fits,
    uploads,
    usage,
    shown,
    room,
    newPictures,
    results,
    making,
    /** The handler of jobs of kind `operation`. */
    kind: JOB_KIND,
    run: (context: JobContext): Promise<object> => operationJobs.run(context),
    /** Lets go what was made of frames of the span, and ends what is being made. @param names the camera's, and those that it had */
    async forgetFrames(names: string[], span: Span): Promise<void> {
      making.stop(names, span)
      await results.drop(await resultsOf(database.write, names, span), PURGED)
      await shown.forget()
    },
    async start() {
      await files.start()
      await shown.start()
      await newPictures.start()
      if (settings.rehearsal) return
      unsubscribe = settleAsTheyEnd(events, database, log)
      await uploads.start()
      await sweeping.start()
      usage.start()
    },
    async close() {
      unsubscribe()
      newPictures.close()
      await sweeping.close()
      await usage.close()
      await shown.close()
    },
  }
}

export type Laboratory = Awaited<ReturnType<typeof openLaboratory>>
