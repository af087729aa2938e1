import { join } from 'node:path'
import { type Broker, BrokerError, type BrokerEvent, createBroker, type Identity } from '@ajar/broker'
import { topics } from '@ajar/protocol'
import { Accounts } from './auth/accounts.ts'
import { authRoutes } from './auth/routes.ts'
import { takeDataFolder } from './database/data-folder.ts'
import { Events } from './database/events.ts'
import { Archive } from './database/frames/archive.ts'
import { FrameStore } from './database/frames/frame-store.ts'
import { openStateDatabase } from './database/state-database.ts'
import { cameraRoutes } from './devices/camera-routes.ts'
import { Cameras } from './devices/cameras.ts'
import { Devices, OPERATORS } from './devices/devices.ts'
import { devicesRoutes } from './devices/routes.ts'
import { createHttp, type Http } from './http/http.ts'
import { ingestRoutes } from './ingest/routes.ts'
import { Jobs } from './jobs/jobs.ts'
import { jobRoutes } from './jobs/routes.ts'
import type { Log } from './log.ts'
import { BrokerEvents } from './observe/broker-events.ts'
import { eventsRoute } from './observe/events.ts'
import { frameRoutes } from './observe/frames.ts'
import { type HealthCheck, healthRoutes } from './observe/health.ts'
import { Metrics, metricsRoute } from './observe/metrics.ts'
import { readingRoutes } from './observe/readings.ts'
import { resultRoutes } from './observe/results.ts'
import { SparingLog } from './observe/sparing-log.ts'
import { Pipeline } from './pipeline.ts'
import { recordReading } from './record/readings.ts'
import type { Settings } from './settings.ts'
import { labelRoutes } from './training/label-routes.ts'
import { Labels } from './training/labels.ts'
import { trainingRoutes } from './training/routes.ts'
import { Training } from './training/training.ts'

export interface Listening {
  /** Ports. */
  http: number
  mqtt: number
}

export interface App {
  listening: Listening
  /** The admin token, where this start made it. */
  adminToken: string | null
  /** Every route, for the tests that walk them. */
  http: Http
  close(): Promise<void>
}

const LOOPBACK = /^(127\.|::1$|localhost$)/

/**
 * The composition root: puts the parts together, starts them in order and closes them in reverse.
 * @throws DataFolderError, BrokerError or a listen error, each of which says what to do
 */
export async function startApp(settings: Settings, log: Log): Promise<App> {
  const closers: (() => Promise<unknown> | unknown)[] = []
  const close = async () => {
    for (const undo of closers.splice(0).reverse()) await undo()
  }
  try {
    return await build(settings, log, closers, close)
  } catch (error) {
    await close()
    throw error
  }
}

async function build(
  settings: Settings,
  log: Log,
  closers: (() => Promise<unknown> | unknown)[],
  close: () => Promise<void>,
): Promise<App> {
  const framesFolder = join(settings.dataDir, 'frames')
  closers.push(takeDataFolder(settings.dataDir))
  const database = await openStateDatabase(settings.dataDir)
  closers.push(() => database.close())
  const frames = await FrameStore.open(framesFolder, (why) =>
    why ? log.error({ why }, 'the disk takes no frames; they wait') : log.info('the disk takes frames again'),
  )
  closers.push(() => frames.close())
  const archive = await Archive.open(framesFolder)
  closers.push(() => archive.close())

  const events = new Events()
  const metrics = new Metrics()
  closers.push(() => metrics.close())
  const accounts = new Accounts(database, (tokenId) => {
    void broker.disconnect(tokenId)
    streams.end(tokenId)
  })
  await accounts.start()
  closers.push(() => accounts.close())
  const cameras = new Cameras(database)
  await cameras.start()
  const devices = new Devices({
    database,
    events,
    publish: (topic, payload) => broker.publish(topic, JSON.stringify(payload), { retain: true }),
    disconnect: (name) => broker.disconnect(name),
  })
  await devices.start()
  const labels = new Labels({ database, archive, cameras })
  const training = new Training({
    database,
    cameras,
    labels,
    modelsFolder: join(settings.dataDir, 'models'),
    framesFolder,
    engine: settings.engine,
    backbone: settings.backbone,
  })
  const jobs = new Jobs(database, events, { training: (context) => training.run(context) })

  const sparingLog = new SparingLog(log, () => Date.now())
  const pipeline = new Pipeline({
    settings,
    log,
    sparingLog,
    database,
    frames,
    framesFolder,
    events,
    cameras,
    metrics,
    backbone: settings.backbone,
    modelFolder: (id) => training.folderOf(id),
    isConnected: (device) => devices.isConnected(device),
    publish: (topic, payload, options) => broker.publish(topic, JSON.stringify(payload), options),
  })
  const brokerEvents = new BrokerEvents({ log: sparingLog, metrics })
  const broker: Broker = createBroker(
    {
      authenticate: async (username, password) => identify(username, password, devices, accounts),
      onFrame: async (frame) => void (await pipeline.ingest(frame)),
      onReading: async (reading) => {
        const flaw = await recordReading(database, reading)
        const { device, sensor } = reading
        if (flaw) sparingLog.warn(`reading ${flaw}`, { device, sensor, flaw }, 'reading refused')
      },
      onStatus: (device, payload) => devices.onStatus(device, payload),
      onConfigApplied: (device, payload) => devices.onConfigApplied(device, payload),
      onPresence: (device, connected) =>
        void devices.onPresence(device, connected).catch((err) => log.warn({ err }, 'presence')),
      onEvent(event) {
        brokerEvents.take(event)
        if (event.code === 'packet_too_large') reportTooLarge(event, broker)
      },
    },
    { maxFrameBytes: settings.maxFrameBytes },
  )

  const http = await createHttp({
    log,
    maxFrameBytes: settings.maxFrameBytes,
    authenticate: (token) => accounts.authenticate(token),
  })
  closers.push(() => http.close())
  authRoutes(http, accounts)
  devicesRoutes(http, devices)
  cameraRoutes(http, { cameras, state: (camera) => pipeline.recorder.state(camera) })
  ingestRoutes(http, { held: () => frames.held !== null, ingest: (frame) => pipeline.ingest(frame) })
  frameRoutes(http, {
    database,
    archive,
    cameras,
    classify: (camera, jpeg) => pipeline.classifyOnce(camera, jpeg),
  })
  resultRoutes(http, { database, cameras })
  readingRoutes(http, database)
  labelRoutes(http, labels)
  trainingRoutes(http, { database, cameras, jobs, training })
  jobRoutes(http, jobs)
  const streams = eventsRoute(http, database, events)
  metricsRoute(http, metrics)
  healthRoutes(http, () => checkHealth(settings, frames, pipeline))

  metrics.start({
    pendingFrames: () => pipeline.classifier.waiting,
    cameraStates: () => cameras.list().map(({ id }) => ({ camera: id, state: pipeline.recorder.state(id).state })),

    influxOutbox: async () => (await pipeline.influx?.waiting()) ?? 0,
    broker: () => broker.stats(),
  })
  await pipeline.start()
  closers.push(() => pipeline.close())
  await jobs.start()
  closers.push(() => jobs.close())
  await broker.restoreRetained([...devices.retained(), ...pipeline.recorder.retained()])
  const mqtt = await listenMqtt(broker, settings)
  closers.push(() => broker.close())
  await listenHttp(http, settings)
  const address = http.server.address()
  const httpPort = typeof address === 'object' && address ? address.port : settings.httpPort
  const adminToken = await accounts.ensureAdmin(settings.adminToken)
  return { listening: { http: httpPort, mqtt: mqtt.port }, adminToken, http, close }
}

function identify(username: string, password: string, devices: Devices, accounts: Accounts): Identity | null {
  if (username !== OPERATORS)
    return devices.authenticate(username, password) ? { kind: 'device', name: username } : null
  // Every role may watch: to subscribe is to read, and nobody publishes with a token.
  const caller = accounts.authenticate(password)
  return caller && { kind: 'operator', name: caller.tokenId }
}

/** The packet was never read, so nobody knows which frame it was. */
function reportTooLarge({ device, text }: BrokerEvent, broker: Broker) {
  if (device === null) return
  const rejected = { frame: device, code: 'too_large', reason: text }
  broker.publish(topics.rejected(device), JSON.stringify(rejected), { retain: false }).catch(() => {})
}

async function listenMqtt(broker: Broker, { mqttHost: host, mqttPort: port }: Settings) {
  try {
    return await broker.listen({ host, port })
  } catch (error) {
    if (!(error instanceof BrokerError) || error.code !== 'port_in_use') throw error
    throw new Error(`${error.message} by another program: stop it, or set AJAR_MQTT_PORT`)
  }
}

async function listenHttp(http: Http, { httpHost: host, httpPort: port }: Settings) {
  try {
    await http.listen({ host, port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(`port ${port} of ${host} is in use by another program: stop it, or set AJAR_HTTP_PORT`)
  }
}

function checkHealth(settings: Settings, frames: FrameStore, pipeline: Pipeline): HealthCheck[] {
  const held = (name: string, why: string | null): HealthCheck => ({
    name,
    level: why ? 'error' : 'ok',
    text: why ? `the disk takes nothing (${why}): make room, or mend it; nothing is acknowledged meanwhile` : 'works',
  })
  const engine = pipeline.engine
  const skipped = engine?.skipped.map(({ name, reason }) => `; ${name} did not load: ${reason}`).join('') ?? ''
  const open = [settings.httpHost, settings.mqttHost].some((host) => !LOOPBACK.test(host))
  return [
    held('frames', frames.held),
    held('state', pipeline.recorder.held),
    {
      name: 'engine',
      level: engine ? 'ok' : 'error',
      text: engine ? `${engine.engine}, ${engine.backbone}${skipped}` : 'no engine is ready yet',
    },
    {
      name: 'influx',
      level: pipeline.influx?.trouble ? 'warn' : 'ok',
      text: pipeline.influx?.trouble ?? (pipeline.influx ? 'takes points' : 'not used'),
    },
    {
      name: 'listeners',
      level: open ? 'warn' : 'ok',
      text: open ? 'passwords and pictures cross the network unencrypted' : 'loopback only',
    },
  ]
}
