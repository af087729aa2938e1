import { join } from 'node:path'
import { type Broker, createBroker } from '@ajar/broker'
import { openAlerts } from './alerts/open-alerts.ts'
import { Accounts } from './auth/accounts.ts'
import { mqttIdentity } from './auth/mqtt-identity.ts'
import { Tickets } from './auth/tickets.ts'
import type { Closers } from './closers.ts'
import { takeDataFolder } from './database/data-folder.ts'
import { Events } from './database/events.ts'
import { openDatabases } from './database/open-databases.ts'
import { Cameras } from './devices/cameras.ts'
import { cameraCare } from './devices/care.ts'
import { CameraChanges } from './devices/changes.ts'
import { Devices, OPERATORS } from './devices/devices.ts'
import { Registry } from './devices/registry.ts'
import { finishRenamings } from './devices/renaming.ts'
import { History } from './history/history.ts'
import type { Http } from './http/http.ts'
import { openHttp } from './http/open-http.ts'
import { openJobs } from './jobs/open-jobs.ts'
import { openWorkers, workerHealth } from './jobs/worker/open-workers.ts'
import { asOpened, openCertificates, openListeners } from './listeners.ts'
import { logFileHealth } from './logging/file-health.ts'
import { logHappenings } from './logging/happenings.ts'
import type { Logging } from './logging/logging.ts'
import { SparingLog } from './logging/sparing-log.ts'
import { isMark } from './marks.ts'
import { BrokerEvents } from './observe/broker-events.ts'
import { connectionsHealth } from './observe/connections-health.ts'
import { healthRoutes } from './observe/health.ts'
import { listenersHealth } from './observe/listeners-health.ts'
import { Metrics } from './observe/metrics.ts'
import { modelsHealth } from './observe/models-health.ts'
import { partChecks } from './observe/part-checks.ts'
import { connectionShare } from './open-files.ts'
import { Pipeline } from './pipeline.ts'
import { LoopLag } from './processes/loop-lag.ts'
import { Processes } from './processes/processes.ts'
import { openInflux } from './record/influx/open-influx.ts'
import { openSamples } from './record/influx/samples.ts'
import { ReadingJourney } from './record/reading-journey.ts'
import { diskOf, fileBytesFor, limitsFor } from './retention/limits.ts'
import { Retention } from './retention/retention.ts'
import { openRoutes } from './routes.ts'
import type { Settings } from './settings.ts'
import { ownRoot } from './tls/own-root.ts'
import { BorrowedLabels } from './training/labels/borrowed-labels.ts'
import { Import } from './training/labels/import.ts'
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

/** Connections open at once, where the process may open as many files. */
const MOST_MQTT = 2500

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
  closers.push(takeDataFolder(settings.dataDir))
  await logging.start()
  closers.push(() => logging.close())
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
  const accounts = new Accounts(database, (tokenId) => {
    tickets.forget(tokenId)
    void broker.disconnect(tokenId)
    streams.end(tokenId)
    logFollowers.end(tokenId)
  })
  await accounts.start()
  closers.push(() => accounts.close())
  const unfinishedRenamings = await finishRenamings(database, frames, logging.of('devices'))
  const cameras = new Cameras(database)
  await cameras.start()
  const devices = new Devices({
    database,
    events,
    publish: (topic, payload) => broker.publish(topic, JSON.stringify(payload), { retain: true }),
    disconnect: (name) => broker.disconnect(name),
    log: logging.of('devices'),
  })
  await devices.start()
  closers.push(() => devices.close())
  const changes = new CameraChanges({ database, events, log: logging.of('devices') })
  const labels = new Labels({ database, archive, cameras })
  const borrowed = new BorrowedLabels(database)
  const workers = openWorkers(settings, logging.of('worker'), {
    onConnected: () => {
      processes.workerConnected()
      jobs.wake()
    },
    onLine: (job, level, text) => jobs.said(job, level, text),
  })
  const processes = new Processes({ database, events, logging, workers })
  const loopLag = new LoopLag(logging.of('processes'))
  closers.push(() => loopLag.close())
  const { models, activations, copies, modelUploads, reEmbedding, training } = openTeaching({
    ...{ database, cameras, labels, changes, framesFolder, log: logging.of('training') },
    ...{ engine: settings.engine, backbone: settings.backbone, modelsFolder: join(settings.dataDir, 'models') },
    createJob: (kind, camera, owner) => jobs.create(kind, camera, {}, { owner }),
    cancelJob: (id) => jobs.cancel(id),
    perform: (work, signal) => workers.perform(work, signal),
    change: (camera, change, author) => care.settingUp.change(camera, change, author),
  })
  const uploads = new Uploads({
    folder: join(settings.dataDir, 'imports'),
    mostBytes: settings.maxImportBytes,
    room: async () => (await diskOf(settings.dataDir)).freeBytes - limits.freeBytes,
    needed: () => uploadsOfJobs(database),
  })
  const imports = new Import({
    ...{ cameras, labels, archive, uploads, maxFrameBytes: settings.maxFrameBytes },
    maxImportBytes: settings.maxImportBytes,
    perform: (work, signal) => workers.perform(work, signal),
    store: (frame) => pipeline.import(frame),
    changeStates: (camera, states, author) => care.settingUp.change(camera, { states }, author),
  })
  const influx = openInflux({
    ...{ database, settings, log: logging.of('influx'), dropped: metrics.influxDropped },
    clean: (text) => logging.clean(text) ?? '',
    newestJob: async (kind) => (await jobs.list({ kind, limit: 1 }))[0],
    createJob: (kind, params) => jobs.create(kind, null, params),
  })
  const longWork = openJobs({
    ...{ database, events, logging },
    handlers: [
      { kind: 'training', run: (context) => training.run(context) },
      imports,
      { kind: 'embedding', run: (context) => reEmbedding.run(context) },
      { kind: 'deletion', run: (context) => care.deletion.run(context) },
      { kind: 'purge', run: (context) => care.purge.run(context) },
      influx.backfill,
    ],
    canBegin: (lane) => lane !== 'worker' || workers.ready,
    requireCamera: (id) => void cameras.get(id),
  })
  const { jobs, schedules } = longWork

  const sparingLog = new SparingLog(logging.of('ingest'))
  const publish = (topic: string, payload: object | null, options: { retain: boolean }) =>
    broker.publish(topic, payload === null ? '' : JSON.stringify(payload), options)
  const pipeline = new Pipeline({
    settings,
    logOf: (step) => logging.of(step),
    sparingLog,
    database,
    frames,
    framesFolder,
    events,
    cameras,
    metrics,
    backbone: settings.backbone,
    modelFolder: (id) => models.folderOf(id),
    isConnected: (device) => devices.isConnected(device),
    isPending: (camera, capturedAt) => archive.isPending(camera, capturedAt),
    publish,
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
    isBeingDeleted: (camera) => cameras.isBeingDeleted(camera),
    onAlarm: ({ name: alarm, ...said }) =>
      void events
        .append(database.write, [{ kind: 'storage', data: { alarm, ...said } }])
        .then((rows) => events.publish(rows))
        .catch((err) => log.warn({ err, alarm }, 'an alarm could not be told')), // it stands in health and in the log
  })
  const care = cameraCare({
    ...{ database, frames, cameras, devices, log: logging.of('devices'), unfinishedRenamings },
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
  })
  const readings = new ReadingJourney({
    ...{ database, events, metrics, sparingLog, log: logging.of('record'), influx: settings.influxUrl !== null },
    factsOf: (device, sensor) => devices.sensorOf(device, sensor),
    publish: (topic, payload) => broker.publish(topic, JSON.stringify(payload), { retain: false }),
  })
  const alerts = openAlerts({
    ...{ database, events, logging, cameras, devices, publish },
    ...{ allow: settings.webhookAllow, publicUrl: settings.publicUrl },
    state: (camera) => pipeline.recorder.state(camera),
    receivedAt: (camera) => pipeline.recorder.receivedAt(camera),
    freeBytes: () => retention.storage?.freeBytes ?? null,
    health: () => checks(),
    believed: () => retention.believed,
    onOutcome: (outcome, messages) => metrics.webhookMessages.inc({ outcome }, messages),
  })
  const brokerEvents = new BrokerEvents({ log: new SparingLog(logging.of('broker')), metrics, publish })
  const people = { accounts, tickets, operators: OPERATORS }
  const broker: Broker = createBroker(
    {
      authenticate: async (...credential) =>
        mqttIdentity({ ...people, isDevice: (name, token) => devices.authenticate(name, token) }, ...credential),
      onFrame: async (frame) => void (await pipeline.ingest(frame)),
      onReading: (reading) => readings.take(reading),
      onStatus: (device, payload) => devices.onStatus(device, payload),
      onConfigApplied: (device, payload) => devices.onConfigApplied(device, payload),
      onPresence: (device, connected) =>
        void devices
          .onPresence(device, connected)
          .catch((err) => logging.of('devices').warn({ err, device }, 'presence')),
      onEvent: (event) => brokerEvents.take(event),
    },
    { maxFrameBytes: settings.maxFrameBytes, maxConnections: connectionShare(MOST_MQTT) },
  )

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
    ...{ settings, logging, database, archive, frames, events, metrics, accounts, tickets, devices, registry, cameras },
    ...{ labels, borrowed, uploads, training, jobs, schedules, pipeline, retention, care, processes },
    ...{ models, activations, modelUploads, readings, alerts },
    listeners: {
      opened: () => opened,
      authority: () => certificates && ownRoot(String(certificates.options.cert)),
    },
  })
  const checks = () => [
    ...partChecks({
      framesHeld: frames.held,
      stateHeld: pipeline.recorder.held ?? readings.held,
      ...{ engine: pipeline.engine, engineFailure: pipeline.engineFailure },
      influx: influx.health(),
    }),
    ...retention.alarms,
    ...[...unfinishedRenamings.values()].map((text) => ({ name: 'renaming', level: 'error' as const, text })),
    ...listenersHealth(asOpened(settings, opened), certificates?.trouble ?? null),
    connectionsHealth(connections.crowd, [streams.crowd, logFollowers.crowd]),
    ...logFileHealth(logging.file),
    ...modelsHealth(cameras.list(), (model) => pipeline.classifier.damageOf(model)),
    ...registry.health,
    workerHealth(workers, jobs.heldUpForMs),
    processes.health,
    loopLag.health,
    alerts.health,
  ]
  healthRoutes(http, checks)

  metrics.start({
    ...{ database, recorder: pipeline.recorder, cameras: () => cameras.list(), devices: () => devices.list() },
    pendingFrames: () => pipeline.classifier.waiting,
    influxOutbox: () => influx.waiting(),
    ...{ broker: () => broker.stats(), http: () => connections, streams: () => [streams, logFollowers] },
    ...{ storage: () => retention.storage, storageAlarms: () => retention.alarms },
    processes: () => processes.list(),
  })
  await influx.start()
  closers.push(() => influx.close())
  const samples = openSamples({
    ...{ influx, database, events, log: logging.of('influx') },
    ...{ devices: () => devices.list(), storage: () => retention.storage },
    facts: () => ({
      ...{ pending_frames: pipeline.classifier.waiting, cameras: cameras.list().length },
      ...{ http_connections: connections.open, mqtt_connections: broker.stats().connections },
    }),
  })
  await pipeline.start()
  closers.push(() => pipeline.close())
  await readings.start()
  closers.push(() => readings.close())
  registry.start()
  await retention.start()
  closers.push(() => retention.close())
  const history = new History({ database, cameras, now: () => retention.believedTime, log: logging.of('record') })
  history.start()
  closers.push(() => history.close())
  await uploads.start()
  closers.push(sweepAfterImports(events, uploads, log))
  await models.start()
  await workers.start()
  closers.push(() => workers.close())
  await longWork.start()
  closers.push(() => longWork.close())
  await reEmbedding.start()
  await care.deletion.start()
  closers.push(() => care.renaming.close())
  await broker.restoreRetained([...devices.retained(), ...pipeline.recorder.retained(), ...(await alerts.load())])
  closers.push(() => broker.close())
  await alerts.start()
  closers.push(() => alerts.close())
  const opened = await openListeners({ broker, http, settings, certificates, inherited })
  samples?.start()
  closers.push(() => samples?.close())
  const { mqtt, mqtts } = opened
  const listening = { http: opened.http.port, mqtt: mqtt?.port ?? null, mqtts: mqtts?.port ?? null }
  const adminToken = await accounts.ensureAdmin(settings.adminToken)
  pipeline.openEngine()
  loopLag.start()
  return { listening, adminToken, http, processes, isAlive: () => pipeline.isAlive(), close }
}
