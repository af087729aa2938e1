import { fileURLToPath } from 'node:url'
import { csiView, plainView, VERSIONS } from '@ajar/models'
import server from '../package.json' with { type: 'json' }
import { alertRoutes } from './alerts/alert-routes.ts'
import type { Alerts } from './alerts/open-alerts.ts'
import type { Accounts } from './auth/accounts.ts'
import { authRoutes } from './auth/routes.ts'
import { sessionRoutes } from './auth/session-routes.ts'
import { ticketRoutes } from './auth/ticket-routes.ts'
import type { Tickets } from './auth/tickets.ts'
import type { Backups } from './backup/backups.ts'
import { backupRoutes } from './backup/routes.ts'
import type { Events } from './database/events.ts'
import type { Archive } from './database/frames/archive.ts'
import type { FrameStore } from './database/frames/frame-store.ts'
import type { StateDatabase } from './database/state-database.ts'
import { baseOf } from './datasessions/files/base-of.ts'
import type { Laboratory } from './datasessions/open-laboratory.ts'
import { laboratoryRoutes } from './datasessions/routes.ts'
import { cameraRoutes } from './devices/camera-routes.ts'
import type { cameraCare } from './devices/care.ts'
import { careRoutes } from './devices/care-routes.ts'
import { type Devices, isReserved } from './devices/devices.ts'
import { newestFrames } from './devices/newest-frames.ts'
import { newestLength } from './devices/newest-length.ts'
import type { Registry } from './devices/registry.ts'
import { removeSensor } from './devices/remove-sensor.ts'
import { devicesRoutes } from './devices/routes.ts'
import { sensorRoutes } from './devices/sensor-routes.ts'
import type { Sources } from './devices/sources.ts'
import type { Doors } from './doors/doors.ts'
import { doorRoutes } from './doors/routes.ts'
import { historyRoutes } from './history/routes.ts'
import { codeDocsRoutes } from './http/code-docs.ts'
import { consoleRoutes } from './http/console.ts'
import { FewAtOnce } from './http/few-at-once.ts'
import type { Http } from './http/http.ts'
import { ingestRoutes } from './ingest/routes.ts'
import type { Jobs } from './jobs/jobs.ts'
import { jobRoutes } from './jobs/routes.ts'
import { scheduleRoutes } from './jobs/schedules/routes.ts'
import type { Schedules } from './jobs/schedules/schedules.ts'
import { legacyRoutes } from './legacy/legacy.ts'
import type { Lessons } from './legacy/lessons.ts'
import { Predictions } from './legacy/predictions.ts'
import { ensureSender } from './legacy/senders.ts'
import { teachSensor } from './legacy/teaching.ts'
import type { Logging } from './logging/logging.ts'
import { logRoutes } from './logging/routes.ts'
import { classifyRoutes } from './observe/classify-once.ts'
import { eventsRoute } from './observe/events.ts'
import { frameRoutes } from './observe/frames.ts'
import { framesZipRoute } from './observe/frames-zip-route.ts'
import { journeyRoutes } from './observe/journey.ts'
import { listenersRoute } from './observe/listeners.ts'
import { type Metrics, metricsRoute } from './observe/metrics.ts'
import { readingRoutes } from './observe/readings.ts'
import { resultRoutes } from './observe/results.ts'
import { ribbonRoutes } from './observe/ribbon.ts'
import { sensorReadingRoutes } from './observe/sensor-readings.ts'
import { spanContentsRoute } from './observe/span-contents.ts'
import { transitionRoutes } from './observe/transitions.ts'
import type { Pipeline } from './pipeline.ts'
import type { Processes } from './processes/processes.ts'
import { processRoutes } from './processes/routes.ts'
import type { Programs } from './programs/open-programs.ts'
import { programRoutes } from './programs/wire/routes.ts'
import type { Releases } from './releases/open-releases.ts'
import { releaseRoutes } from './releases/routes.ts'
import type { Retention } from './retention/retention.ts'
import { storageRoutes } from './retention/routes.ts'
import type { Settings } from './settings.ts'
import type { Tasks } from './tasks/open-tasks.ts'
import { taskRoutes } from './tasks/routes.ts'
import { triggerRoutes } from './tasks/triggers/routes.ts'
import type { Holds } from './training/holds/holds.ts'
import { holdRoutes } from './training/holds/routes.ts'
import type { BorrowedLabels } from './training/labels/borrowed-labels.ts'
import { endOfTimes } from './training/labels/csv/end-of-times.ts'
import { exportRoutes } from './training/labels/export-routes.ts'
import { importRoutes } from './training/labels/import-routes.ts'
import { labelRoutes } from './training/labels/label-routes.ts'
import type { Labels } from './training/labels/labels.ts'
import { suspectsOf } from './training/labels/suspects.ts'
import type { Uploads } from './training/labels/uploads.ts'
import type { Activations } from './training/registry/activations.ts'
import { archiveRoutes } from './training/registry/archive-routes.ts'
import { handBackRoutes } from './training/registry/hand-back-routes.ts'
import type { ModelRegistry } from './training/registry/model-registry.ts'
import { modelRoutes } from './training/registry/model-routes.ts'
import type { ModelUploads } from './training/registry/uploads.ts'
import { trainingRoutes } from './training/routes.ts'
import type { Training } from './training/training.ts'
import { usabilityRoutes } from './training/usability/routes.ts'
import type { Usabilities } from './training/usability/usabilities.ts'

const CONSOLE = fileURLToPath(new URL('../web/dist', import.meta.url))
const CODE_DOCS = fileURLToPath(new URL('../../docs/code/dist', import.meta.url))
/** Each reads pictures as fast as its reader takes them. */
const MOST_EXPORTS = 4
/** Each holds some 10 MB of long readings while its reader does not read. */
const MOST_TEXTS = 8

/** How readings are seen that older clients send to be learned from. */
const VIEWS = { CSI: csiView(), RSSI: plainView(1) }

/** What the routes show and change; each route is handed what it needs of it. */
export interface Parts {
  settings: Settings
  logging: Logging
  database: StateDatabase
  archive: Archive
  frames: FrameStore
  events: Events
  metrics: Metrics
  accounts: Accounts
  tickets: Tickets
  devices: Devices
  registry: Registry
  sources: Sources
  doors: Doors
  labels: Labels
  borrowed: BorrowedLabels
  uploads: Uploads
  training: Training
  usabilities: Usabilities
  models: ModelRegistry
  activations: Activations
  modelUploads: ModelUploads
  holds: Holds
  jobs: Jobs
  lessons: Lessons
  schedules: Schedules
  pipeline: Pipeline
  retention: Retention
  care: ReturnType<typeof cameraCare>
  alerts: Alerts
  processes: Processes
  releases: Releases
  backups: Backups
  laboratory: Laboratory
  tasks: Tasks
  programs: Programs
  listeners: Parameters<typeof listenersRoute>[1]
}

/**
 * Every route but health, which asks all parts.
 * @returns who follows events and the log, to be ended with the token that they showed
 */
export async function openRoutes(http: Http, parts: Parts) {
  const { settings, logging, database, archive, frames, accounts, devices, registry, sources } = parts
  const { labels, borrowed, training, jobs, pipeline, retention, care } = parts
  authRoutes(http, accounts)
  ticketRoutes(http, parts.tickets)
  sessionRoutes(http, accounts)
  devicesRoutes(http, devices, registry, sources)
  const shown = {
    sources,
    state: (camera: string) => parts.doors.told(camera, pipeline.recorder.state(camera)),
    newestFrames: () => newestFrames(database),
    borrowed: () => borrowed.counts(),
  }
  cameraRoutes(http, { ...shown, change: (...change) => care.settingUp.change(...change) })
  careRoutes(http, { ...shown, care, giveBack: (camera, source) => borrowed.giveBack(camera, source) })
  doorRoutes(http, {
    ...{ ...shown, doors: parts.doors, database },
    change: (...change) => care.settingUp.change(...change),
    remove: (...door) => care.deletion.delete(...door),
  })
  ingestRoutes(http, {
    isReserved,
    held: () => frames.held !== null,
    ingest: (frame) => pipeline.ingest(frame),
    take: (reading) => pipeline.take(reading),
  })
  journeyRoutes(http, { database, archive, sources })
  const stored = { database, archive, sources, storedSince: () => retention.storage?.storedSince ?? 0 }
  frameRoutes(http, stored)
  sensorReadingRoutes(http, stored)
  classifyRoutes(http, { sources, classify: (...asked) => pipeline.classifyOnce(...asked) })
  const texts = new FewAtOnce(MOST_TEXTS, 'downloads of rows as text')
  resultRoutes(http, { database, sources, texts })
  transitionRoutes(http, { database, sources, texts })
  historyRoutes(http, { database, sources })
  spanContentsRoute(http, { database, sources })
  ribbonRoutes(http, { database, sources, state: shown.state })
  readingRoutes(http, { ...stored, texts })
  const removal = {
    sources,
    deleteSource: (...source: [id: string, author: string]) => care.deletion.delete(...source),
    removeReadings: (...sensor: Parameters<Pipeline['removeSensor']>) => pipeline.removeSensor(...sensor),
  }
  sensorRoutes(http, {
    ...shown,
    database,
    change: (...change) => care.settingUp.change(...change),
    faultOf: (device, sensor) => devices.faultOf(device, sensor),
    misfitOf: (model) => pipeline.classifier.misfitOf(model),
    remove: (...sensor) => removeSensor(removal, ...sensor),
  })
  labelRoutes(http, { sources, labels, suspectsOf: (camera) => suspectsOf(database, sources.get(camera).id) })
  await importRoutes(http, {
    ...{ sources, uploads: parts.uploads, hasDevice: (name) => devices.has(name) },
    createJob: (source, params, owner) => jobs.create('import', source, { ...params }, { owner }),
    newestLength: (sensor) => newestLength(database, sensor),
    endOfTimes: (sensor, sha256) => endOfTimes(database, sensor, sha256, Date.now()),
  })
  const exports = new FewAtOnce(MOST_EXPORTS, 'exports')
  exportRoutes(http, { sources, labels, archive, exports })
  framesZipRoute(http, { sources, database, archive, exports })
  holdRoutes(http, { sources, holds: parts.holds })
  usabilityRoutes(http, { sources, usabilities: parts.usabilities })
  trainingRoutes(http, { sources, jobs, training })
  const ofModels = { sources, registry: parts.models, activations: parts.activations, uploads: parts.modelUploads }
  modelRoutes(http, ofModels)
  await archiveRoutes(http, ofModels)
  handBackRoutes(http, ofModels)
  jobRoutes(http, jobs)
  scheduleRoutes(http, parts.schedules)
  triggerRoutes(http, parts.tasks.automatic.triggers)
  alertRoutes(http, parts.alerts)
  storageRoutes(http, () => retention.storage)
  releaseRoutes(http, parts.releases)
  const { backups } = parts
  backupRoutes(http, {
    folder: backups.folder,
    nextAt: () => backups.nightly.nextAt,
    list: () => backups.list(),
    ask: (allFrames, owner) => backups.ask(allFrames, owner),
    remove: (name) => backups.remove(name),
  })
  await legacyRoutes(http, settings.legacyOpen === '1', {
    ...{ database, registry, logging },
    now: () => new Date(),
    versions: { server: server.version, ...VERSIONS },
    redeploy: (ref, author) => parts.releases.redeploys.begin({ ref, release: null, force: false }, author),
    lessons: parts.lessons,
    teach: async (lesson, author) => {
      if (lesson.type !== 'CAMERA') return teachSensor(lesson, author, { database, sources, jobs, views: VIEWS })
      await training.check(sources.get(lesson.camera))
      return jobs.create('training', lesson.camera, {}, { owner: author })
    },
    takePacket: async (address, packet, giveUpAt) => {
      const { device, name: sensor } = await ensureSender(sources, address, VIEWS.CSI)
      const taken = await pipeline.take({ device, sensor, time: null, giveUpAt, payload: { value: packet } })
      if (taken.kind === 'refused') return { kind: 'refused', reason: taken.refusal.reason }
      return { kind: taken.kind === 'given_up' ? 'given_up' : 'stored' }
    },
    predictions: new Predictions({
      database,
      find: (source) => sources.find(source),
      model: (id) => parts.models.load(id),
    }),
  })
  await laboratoryRoutes(http, parts.laboratory, {
    publicUrl: settings.publicUrl,
    pollAccess: settings.legacyOpen === '1' ? 'public' : 'analyst',
    signIn: (name, password) => accounts.signIn(name, password),
    devices: () => devices.list().map(({ name }) => name),
  })
  taskRoutes(http, { ...parts.tasks, baseOf: (request) => baseOf(request, settings.publicUrl) })
  await programRoutes(http, parts.programs, { settings, log: logging.of('programs') })
  listenersRoute(http, parts.listeners)
  await codeDocsRoutes(http, CODE_DOCS)
  await consoleRoutes(http, CONSOLE)
  metricsRoute(http, parts.metrics)
  processRoutes(http, parts.processes, logging.of('processes'))
  return { logFollowers: logRoutes(http, logging), streams: eventsRoute(http, database, parts.events) }
}
