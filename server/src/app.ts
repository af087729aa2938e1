import { join } from 'node:path'
import type { Broker } from '@ajar/broker'
import { openAlerts } from './alerts/open-alerts.ts'
import { Accounts } from './auth/accounts.ts'
import { Tickets } from './auth/tickets.ts'
import { openBackups } from './backup/open-backups.ts'
import { begin, type Closers } from './closers.ts'
import { takeDataFolder } from './database/data-folder.ts'
import { Events } from './database/events.ts'
import { openDatabases } from './database/open-databases.ts'
import { disown } from './datasessions/disown.ts'
import { cameraCare } from './devices/care.ts'
import { CameraChanges } from './devices/changes.ts'
import { Devices } from './devices/devices.ts'
import { newestLength } from './devices/newest-length.ts'
import { Registry } from './devices/registry.ts'
import { finishRenamings } from './devices/renaming.ts'
import { Sources } from './devices/sources.ts'
import { Doors } from './doors/doors.ts'
import { healthChecks } from './health-checks.ts'
import { History } from './history/history.ts'
import type { Http } from './http/http.ts'
import { openHttp } from './http/open-http.ts'
import { openJobs } from './jobs/open-jobs.ts'
import { openWorkers } from './jobs/worker/open-workers.ts'
import { openLessons } from './legacy/teaching.ts'
import { asOpened, openCertificates, openListeners } from './listeners.ts'
import { logHappenings } from './logging/happenings.ts'
import type { Logging } from './logging/logging.ts'
import { SparingLog } from './logging/sparing-log.ts'
import { isMark } from './marks.ts'
import { healthRoutes } from './observe/health.ts'
import { listenersHealth } from './observe/listeners-health.ts'
import { Metrics } from './observe/metrics.ts'
import { openProbe } from './observe/probe.ts'
import { openAnalysis } from './open-analysis.ts'
import { openBroker } from './open-broker.ts'
import { Pipeline } from './pipeline.ts'
import { LoopLag } from './processes/loop-lag.ts'
import { Processes } from './processes/processes.ts'
import { openInflux } from './record/influx/open-influx.ts'
import { openSamples } from './record/influx/samples.ts'
import { isOnTrial } from './releases/on-trial.ts'
import { openReleases } from './releases/open-releases.ts'
import { ownRelease } from './releases/own-release.ts'
import { diskOf, fileBytesFor, limitsFor } from './retention/limits.ts'
import { Retention } from './retention/retention.ts'
import { openRoutes } from './routes.ts'
import type { Settings } from './settings.ts'
import { ownRoot } from './tls/own-root.ts'
import { BorrowedLabels } from './training/labels/borrowed-labels.ts'
import { sweepAfterImports, uploadsOfJobs } from './training/labels/import-uploads.ts'
import { Labels } from './training/labels/labels.ts'
import { Uploads } from './training/labels/uploads.ts'
import { openTeaching } from './training/teaching.ts'

/** Ports, null where nothing listens. With `mqtts` HTTP is HTTPS. */
export interface Listening {
  http: number
  mqtt: number | null
  mqtts: number | null
}

export interface App {
  listening: Listening
  /** The admin token, where this start made it. */
  adminToken: string | null
  /** Every route, for the tests that walk them. */
  http: Http
  processes: Processes
  /** False where frames stand still although nothing hinders them: a restart is what is left. */
  isAlive(): boolean
  close(): Promise<void>
}

/**
 * The composition root: puts the parts together, starts them in order and closes them in reverse.
 * @param inherited listening sockets that were opened before this process, see `openListeners`
 * @throws DataFolderError, BrokerError or a listen error, each of which says what to do
 */
export async function startApp(
  settings: Settings,
  logging: Logging,
  inherited: Map<string, number> = new Map(),
): Promise<App> {
  const closers: Closers = []
  const close = async () => {
    for (const undo of closers.splice(0).reverse()) await undo()
  }
  try {
    return await build(settings, logging, inherited, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function build(
  settings: Settings,
  logging: Logging,
  inherited: Map<string, number>,
  closers: Closers,
  close: () => Promise<void>,
): Promise<App> {
  const framesFolder = join(settings.dataDir, 'frames')
  const isRehearsal = settings.rehearsal
  closers.push(takeDataFolder(settings.dataDir))
  await begin(closers, logging)
  const log = logging.of('server')
  const certificates = await openCertificates(settings, logging.of('tls'))
  closers.push(() => certificates?.close())
  const limits = limitsFor(settings, await diskOf(settings.dataDir))
  const { database, frames, archive } = await openDatabases(
    { dataDir: settings.dataDir, framesFolder, fileBytes: fileBytesFor(limits), log: logging.of('ingest') },
    closers,
  )

  const events = new Events()
  const metrics = new Metrics()
  closers.push(() => metrics.close())
  const tickets = new Tickets(() => Date.now())
  const onRevoked = (tokenId: string) => {
    tickets.forget(tokenId)
    void broker.disconnect(tokenId)
    streams.end(tokenId)
    logFollowers.end(tokenId)
  }
  const accounts = new Accounts(database, onRevoked, disown)
  await begin(closers, accounts)
  const unfinishedRenamings = await finishRenamings(database, frames, logging.of('devices'))
  const sources = new Sources(database)
  await sources.start()
  const devices = new Devices({
    database,
    events,
    publish: (topic, payload) => broker.publish(topic, JSON.stringify(payload), { retain: true }),
    disconnect: (name) => broker.disconnect(name),
    log: logging.of('devices'),
  })
  await begin(closers, devices)
  const changes = new CameraChanges({ database, events, log: logging.of('devices') })
  const labels = new Labels({ database, archive, sources })
  const borrowed = new BorrowedLabels(database)
  const workers = openWorkers(settings, logging.of('worker'), {
    onConnected: () => {
      processes.workerConnected()
      jobs.wake()
    },
    onLine: (job, level, text) => jobs.said(job, level, text),
  })
  const processes = new Processes({
    ...{ database, events, logging, workers, programsWorkers: () => programs.workers },
    isOnTrial: () => isOnTrial(settings.deployDir),
  })
  const loopLag = new LoopLag(logging.of('processes'))
  closers.push(() => loopLag.close())
  const room = async () => (await diskOf(settings.dataDir)).freeBytes - limits.freeBytes
  const uploads = new Uploads({
    folder: join(settings.dataDir, 'imports'),
    mostBytes: settings.maxImportBytes,
    room,
    needed: () => uploadsOfJobs(database),
  })
  const teaching = openTeaching({
    ...{ settings, database, archive, sources, labels, uploads, changes, framesFolder, log: logging.of('training') },
    store: (incoming) => pipeline.import(incoming),
    createJob: (kind, camera, owner) => jobs.create(kind, camera, {}, { owner }),
    cancelJob: (id) => jobs.cancel(id),
    perform: (work, signal) => workers.perform(work, signal),
    newestLength: (sensor) => newestLength(database, sensor),
    change: (source, change, author) => care.settingUp.change(source, change, author),
  })
  const { models, activations, copies, modelUploads, reEmbedding, training, holds, usabilities } = teaching
  const modelOf = (id: string) => models.load(id)
  const doors = new Doors({ database, sources, events, modelOf, log: logging.of('record') })
  const lessons = openLessons({ database, events, dataDir: settings.dataDir, room, log: logging.of('legacy') })
  const influx = openInflux({
    ...{ database, archive, settings, log: logging.of('influx'), dropped: metrics.influxDropped },
    clean: (text) => logging.clean(text) ?? '',
    newestJob: async (kind) => (await jobs.list({ kind, limit: 1 }))[0],
    createJob: (kind, params) => jobs.create(kind, null, params),
  })
  const release = ownRelease()
  const releases = openReleases({
    ...{ database, settings, current: release, log: logging.of('releases') },
    addJob: (...job) => jobs.add(...job),
    wakeJobs: () => jobs.wake(),
    linesOf: (job) => jobs.lines(job),
  })
  const backups = openBackups({
    ...{ database, settings, leastFreeBytes: limits.freeBytes, log: logging.of('jobs') },
    createJob: (kind, params, options) => jobs.create(kind, null, params, options),
    perform: (work, signal) => workers.perform(work, signal),
  })
  const { laboratory, tasks, programs } = await openAnalysis({
    ...{ database, events, archive, cameras: sources, settings, log: logging.of('laboratory') },
    ...{ leastFreeBytes: limits.freeBytes, jobs: () => jobs, takeReading: (reading) => pipeline.take(reading) },
    programs: {
      ...{ database, jobs: () => jobs, log: logging.of('programs') },
      onConnected: () => processes.workerConnected('programs'),
    },
    onTriggered: (outcome) => metrics.taskTriggers.inc({ outcome }),
    perform: (work, signal) => workers.perform(work, signal),
  })
  const longWork = openJobs({
    ...{ database, events, logging, isRehearsal },
    handlers: [
      { kind: 'training', run: (context) => training.run(context) },
      teaching.imports,
      { kind: 'embedding', run: (context) => reEmbedding.run(context) },
      { kind: 'deletion', run: (context) => care.deletion.run(context) },
      { kind: 'purge', run: (context) => care.purge.run(context) },
      influx.backfill,
      releases.handler,
      backups,
      laboratory,
      tasks,
      programs,
    ],
    workers,
    requireCamera: (id) => void sources.get(id),
    check: tasks.automatic.checkScheduled,
  })
  const { jobs, schedules } = longWork

  const sparingLog = new SparingLog(logging.of('ingest'))
  const publish = (topic: string, payload: object | null, options: { retain: boolean }) =>
    broker.publish(topic, payload === null ? '' : JSON.stringify(payload), options)
  const pipeline = new Pipeline({
    ...{ settings, sparingLog, database, frames, framesFolder, events, sources, metrics, archive, publish },
    logOf: (step) => logging.of(step),
    backbone: settings.backbone,
    modelFolder: (id) => models.folderOf(id),
    isConnected: (device) => devices.isConnected(device),
    followUp: tasks.automatic.followUp,
    onStored: (reading) => holds.stored(reading),
    onRefusedReading: (source) => holds.refused(source),
    joined: (result, receivedAt) => doors.joined(result, receivedAt),
    factsOf: (device, sensor) => devices.sensorOf(device, sensor),
  })
  const retention = new Retention({
    database,
    frames,
    dataDir: settings.dataDir,
    limits,
    log: logging.of('retention'),
    now: () => Date.now(),
    monotonic: () => performance.now(),
    disk: () => diskOf(settings.dataDir),
    skip: (waiting) => pipeline.skip(waiting),
    isBeingDeleted: (camera) => sources.isBeingDeleted(camera),
    onAlarm: ({ name: alarm, ...said }) =>
      void events
        .append(database.write, [{ kind: 'storage', data: { alarm, ...said } }])
        .then((rows) => events.publish(rows))
        .catch((err) => log.warn({ err, alarm }, 'an alarm could not be told')), // it stands in health and in the log
  })
  const care = cameraCare({
    ...{ database, frames, sources, devices, log: logging.of('devices'), unfinishedRenamings },
    changes,
    createJob: (...job) => jobs.create(...job),
    addJob: (...job) => jobs.add(...job),
    wakeJobs: () => jobs.wake(),
    whileShut: (camera, work) => pipeline.whileShut(camera, work),
    whileQuiet: (of, work) => pipeline.whileQuiet(of, work),
    resume: (camera) => pipeline.classifier.resume([camera]),
    rename: (from, to, committed) => pipeline.recorder.rename(from, to, committed),
    forget: (camera, write, committed) => pipeline.recorder.forgetCamera(camera, write, committed),
    forgetSpan: (camera, span) => pipeline.recorder.forgetSpan(camera, span),
    labelledStates: async (camera) => Object.keys(await labels.countsOf(camera)).filter((state) => !isMark(state)),
    borrowLabels: (camera, source, author) => borrowed.borrow(camera, source, author),
    removeModel: (id) => models.removeFiles(id),
    checkModel: (source, states) => copies.check(source, states),
    copyModel: (camera, source, author) => copies.copy(camera, source, author),
    onSeenOtherwise: (camera, author) => reEmbedding.queue(camera, author),
    stopEmbedding: (of) => reEmbedding.stop(of),
    forgetFrames: (...frames) => laboratory.forgetFrames(...frames),
  })
  const alerts = openAlerts({
    ...{ database, events, logging, sources, devices, publish },
    ...{ allow: settings.webhookAllow, publicUrl: settings.publicUrl, sends: !isRehearsal },
    state: (camera) => pipeline.recorder.state(camera),
    receivedAt: (camera) => pipeline.recorder.receivedAt(camera),
    freeBytes: () => retention.storage?.freeBytes ?? null,
    health: () => checks(),
    believed: () => retention.believed,
    onOutcome: (outcome, messages) => metrics.webhookMessages.inc({ outcome }, messages),
  })
  const broker: Broker = openBroker({
    ...{ accounts, tickets, devices, pipeline, logging, metrics, publish },
    maxFrameBytes: settings.maxFrameBytes,
  })

  const registry = new Registry({
    ...{ database, events, devices, sparingLog },
    now: () => Date.now(),
    monotonic: () => performance.now(),
    connections: () => broker.connections(),
  })
  closers.push(() => registry.close())
  const { http, connections } = await openHttp(
    {
      ...{ logging, certificates, maxFrameBytes: settings.maxFrameBytes },
      authenticate: (token) => accounts.authenticate(token),
      acceptMqtt: (stream, address) => broker.accept(stream, address, 'websocket'),
      onCrowd: (text, closed) => sparingLog.warn('http crowd', { closed }, text),
    },
    closers,
  )
  logHappenings(http, events, logging)
  const { streams, logFollowers } = await openRoutes(http, {
    ...{ settings, logging, database, archive, frames, events, metrics, accounts, tickets, devices, registry, sources },
    ...{
      labels,
      borrowed,
      uploads,
      doors,
      training,
      usabilities,
      jobs,
      lessons,
      schedules,
      pipeline,
      retention,
      care,
      processes,
    },
    ...{ models, activations, modelUploads, holds, alerts, releases, backups, laboratory, tasks, programs },
    listeners: {
      opened: () => opened,
      authority: () => certificates && ownRoot(String(certificates.options.cert)),
    },
  })
  const checks = healthChecks({
    ...{ frames, pipeline, influx, retention, unfinishedRenamings, connections, streams, logFollowers },
    ...{ logging, sources, doors, registry, workers, jobs, processes, loopLag, alerts, backups, laboratory, programs },
    lastRun: releases.lastRun,
    listeners: () => listenersHealth(asOpened(settings, opened), certificates?.trouble ?? null),
  })
  const isProbe = openProbe(settings.dataDir, log)
  healthRoutes(http, checks, { release, frames: () => pipeline.counts, isProbe })

  metrics.start({
    ...{ database, events, recorder: pipeline.recorder, sources: () => sources.list(), devices: () => devices.list() },
    pendingFrames: () => pipeline.classifier.waiting,
    influxOutbox: () => influx.waiting(),
    ...{ broker: () => broker.stats(), http: () => connections, streams: () => [streams, logFollowers] },
    ...{ storage: () => retention.storage, storageAlarms: () => retention.alarms },
    processes: () => processes.list(),
    laboratory: () => laboratory.usage.last,
    ...{ release, backups: backups.nightly, redeploys: releases.lastRun },
  })
  await begin(closers, influx)
  const samples = openSamples({
    ...{ influx, database, events, log: logging.of('influx') },
    ...{ devices: () => devices.list(), storage: () => retention.storage },
    facts: () => ({
      ...{ pending_frames: pipeline.classifier.waiting, cameras: sources.ofKind('camera').length },
      ...{ http_connections: connections.open, mqtt_connections: broker.stats().connections },
    }),
  })
  closers.push(() => holds.close())
  await begin(closers, doors)
  await begin(closers, pipeline)
  registry.start()
  await retention.start(!isRehearsal)
  closers.push(() => retention.close())
  const history = new History({ database, sources, now: () => retention.believedTime, log: logging.of('record') })
  if (!isRehearsal) history.start()
  closers.push(() => history.close())
  if (!isRehearsal) await uploads.start()
  closers.push(sweepAfterImports(events, uploads, log))
  if (!isRehearsal) await begin(closers, lessons)
  await models.start()
  await begin(closers, releases.lastRun)
  await begin(closers, workers)
  await begin(closers, laboratory)
  await begin(closers, tasks)
  await begin(closers, programs)
  await begin(closers, longWork)
  await begin(closers, backups.nightly)
  await reEmbedding.start()
  await care.deletion.start()
  closers.push(() => care.renaming.close())
  await broker.restoreRetained([...devices.retained(), ...pipeline.recorder.retained(), ...(await alerts.load())])
  closers.push(() => broker.close())
  await begin(closers, alerts)
  const opened = await openListeners({ broker, http, settings, certificates, inherited })
  samples?.start()
  closers.push(() => samples?.close())
  const { mqtt, mqtts } = opened
  const listening = { http: opened.http.port, mqtt: mqtt?.port ?? null, mqtts: mqtts?.port ?? null }
  const adminToken = isRehearsal ? null : await accounts.ensureAdmin(settings.adminToken)
  pipeline.openEngine()
  loopLag.start()
  return { listening, adminToken, http, processes, isAlive: () => pipeline.isAlive(), close }
}
