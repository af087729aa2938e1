import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { BrokerStats } from '@ajar/broker'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Http } from '../http/http.ts'
import type { StorageState } from '../retention/storage.ts'
import type { StorageAlarm } from '../retention/storage-alarms.ts'

/** Numbers that are read at the moment somebody asks. */
export interface MetricSources {
  pendingFrames(): number
  /** The state that is published of each camera. */
  cameraStates(): { camera: string; state: string }[]
  influxOutbox(): Promise<number>
  broker(): BrokerStats
  http(): { open: number; closed: number }
  /** Of events, and of the log. */
  streams(): { open: number; refused: number }[]
  /** Null before the first look at the disk. */
  storage(): StorageState | null
  storageAlarms(): StorageAlarm[]
  /** Null where nobody tells us how often. */
  processes(): { name: string; restarts: number | null }[]
}

/** Every number of the broker: its name and what it says. */
const BROKER_GAUGES: { [Field in keyof BrokerStats]: [name: string, help: string] } = {
  connections: ['ajar_broker_connections', 'open MQTT connections'],
  pausedConnections: ['ajar_broker_paused', 'MQTT senders that are held back'],
  publishesInIngest: ['ajar_broker_ingest_publishes', 'publishes between arrival and PUBACK'],
  bytesInIngest: ['ajar_broker_ingest_bytes', 'bytes between arrival and PUBACK, half-received packets included'],
  retainedTopics: ['ajar_broker_retained', 'retained topics'],
  framesTotal: ['ajar_broker_frames', 'frames that came over MQTT since the start'],
  readingsTotal: ['ajar_broker_readings', 'readings that came over MQTT since the start'],
  refusedConnectionsTotal: ['ajar_broker_refused_connections', 'connections refused since the start'],
  refusedPublishesTotal: ['ajar_broker_refused_publishes', 'publishes refused since the start'],
  takeOversTotal: ['ajar_broker_take_overs', 'connections closed by a newer one of the same client id since the start'],
  droppedMessagesTotal: ['ajar_broker_dropped', 'messages dropped since the start'],
}

/** What of the storage is a number to watch. */
const STORAGE_GAUGES = {
  bytes: ['ajar_storage_bytes', 'bytes that all frames files take'],
  limitBytes: ['ajar_storage_limit_bytes', 'bytes that they may take'],
  keptBytes: ['ajar_storage_kept_bytes', 'bytes of frames that stay: labelled ones and those of transitions'],
  freeBytes: ['ajar_storage_free_bytes', 'bytes free on the disk'],
  prunedFrames: ['ajar_storage_pruned_frames', 'frames that went since the start, for their age or for room'],
  stateBytes: ['ajar_storage_state_bytes', 'bytes of state.db'],
  walBytes: ['ajar_storage_wal_bytes', 'bytes of the log of state.db'],
} as const

const ALARM_LEVELS = { ok: 0, warn: 1, error: 2 } as const

/** What Prometheus reads at /metrics. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 })

  readonly framesIngested = this.#counter('ajar_frames_ingested_total', 'frames acknowledged, by what became of them', [
    'outcome',
  ])
  readonly framesRecorded = this.#counter('ajar_frames_recorded_total', 'frames that ended, by outcome', ['outcome'])
  readonly framesRefused = this.#counter('ajar_frames_refused_total', 'frames that cannot be used, by code', ['code'])
  readonly readingsIngested = this.#counter(
    'ajar_readings_ingested_total',
    'readings acknowledged, by what became of them',
    ['outcome'],
  )
  readonly readingsRefused = this.#counter('ajar_readings_refused_total', 'readings that cannot be used, by code', [
    'code',
  ])
  readonly transitions = this.#counter('ajar_transitions_total', 'debounced changes of state', ['camera', 'state'])
  readonly influxDropped = this.#counter('ajar_influx_dropped_total', 'points dropped from a full outbox', [])
  readonly brokerEvents = this.#counter('ajar_broker_events_total', 'things the broker reported, by code', ['code'])
  readonly latency = new Histogram({
    name: 'ajar_classify_seconds',
    help: 'from a frame taken from the queue to its prediction',
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2],
    registers: [this.#registry],
  })
  readonly pipeline = new Histogram({
    name: 'ajar_pipeline_seconds',
    help: 'from a frame received to its result recorded',
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60],
    registers: [this.#registry],
  })

  /** Reads the sources at every scrape, and measures the process too. */
  start(sources: MetricSources) {
    collectDefaultMetrics({ register: this.#registry })
    this.#loopDelay.enable()
    this.#gauge('ajar_event_loop_delay_p99_seconds', 'since the last scrape', () => {
      const seconds = this.#loopDelay.percentile(99) / 1e9
      this.#loopDelay.reset()
      return seconds
    })
    const pending = 'frames that wait for their result, in memory; more may lie in the frames files'
    new Gauge({
      name: 'ajar_camera_state',
      help: '1 for the state that each camera is in',
      labelNames: ['camera', 'state'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const labels of sources.cameraStates()) this.set(labels, 1)
      },
    })
    this.#gauge('ajar_frames_pending', pending, sources.pendingFrames)
    this.#gauge('ajar_influx_outbox', 'points that wait for InfluxDB', sources.influxOutbox)
    for (const field of Object.keys(BROKER_GAUGES) as (keyof BrokerStats)[]) {
      const [name, help] = BROKER_GAUGES[field]
      this.#gauge(name, help, () => sources.broker()[field])
    }
    this.#gauge('ajar_http_connections', 'open HTTP connections, without WebSockets', () => sources.http().open)
    const closed = 'HTTP connections closed since the start: too many, too much asked, or not read'
    this.#gauge('ajar_http_closed_by_limit', closed, () => sources.http().closed)
    const sum = (field: 'open' | 'refused') => sources.streams().reduce((total, each) => total + each[field], 0)
    this.#gauge('ajar_http_streams', 'open streams of events and of the log', () => sum('open'))
    this.#gauge('ajar_http_streams_refused', 'streams refused since the start, for too many were open', () =>
      sum('refused'),
    )
    for (const [field, [name, help]] of Object.entries(STORAGE_GAUGES))
      this.#gauge(name, help, () => sources.storage()?.[field as keyof typeof STORAGE_GAUGES] ?? Number.NaN)
    new Gauge({
      name: 'ajar_storage_alarm',
      help: 'alarms of the storage: 0 for ok, 1 for a warning, 2 for an error',
      labelNames: ['alarm'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { name: alarm, level } of sources.storageAlarms()) this.set({ alarm }, ALARM_LEVELS[level])
      },
    })
    new Counter({
      name: 'ajar_process_restarts_total',
      help: 'starts of each process after its first, by the watchdog',
      labelNames: ['process'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { name: process, restarts } of sources.processes())
          if (restarts !== null) this.inc({ process }, restarts)
      },
    })
    const oldest = 'capture time of the oldest frame that nothing keeps, Unix time'
    this.#gauge('ajar_storage_oldest_seconds', oldest, () => (sources.storage()?.oldestAt ?? Number.NaN) / 1000)
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  close() {
    this.#loopDelay.disable()
    this.#registry.clear()
  }

  #counter(name: string, help: string, labelNames: string[]) {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #gauge(name: string, help: string, read: () => number | Promise<number>) {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      async collect() {
        this.set(await read())
      },
    })
  }
}

export function metricsRoute(http: Http, metrics: Metrics) {
  http.get('/metrics', { config: { access: 'viewer' }, schema: { summary: 'Prometheus metrics' } }, async (_, reply) =>
    reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await metrics.text()),
  )
}
