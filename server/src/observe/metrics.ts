import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client'
import type { Events } from '../database/events.ts'
import type { StateDatabase } from '../database/state-database.ts'
import type { Http } from '../http/http.ts'
import { type CameraFacts, tellCameras } from './metrics/cameras.ts'
import { type DeviceNow, tellDevices } from './metrics/devices.ts'
import { countEndedJobs, type Queues, tellAlerts, tellQueues } from './metrics/queues.ts'
import { type ServerParts, tellServer } from './metrics/server.ts'

/** Numbers that are read at the moment somebody asks. */
export type MetricSources = CameraFacts &
  Queues &
  ServerParts & {
    database: StateDatabase
    events: Pick<Events, 'subscribe'>
    /** Those with a credential. */
    devices(): DeviceNow[]
  }

/** What Prometheus reads at /metrics. Each label takes few values: nobody outside can add to them without an end. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #stops: (() => void)[] = []

  readonly framesIngested = this.#counter('ajar_frames_ingested_total', 'frames acknowledged, by what became of them', [
    'outcome',
  ])
  readonly framesRecorded = this.#counter(
    'ajar_frames_recorded_total',
    'frames, and readings of sensors with states, that ended, by outcome; imported: those that came with their labels',
    ['outcome'],
  )
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
  readonly jobsEnded = this.#counter('ajar_jobs_ended_total', 'jobs that ended, by kind and how', ['kind', 'outcome'])
  readonly taskTriggers = this.#counter(
    'ajar_task_triggers_total',
    'transitions that a task is run on: asked, or left_out where too many jobs wait',
    ['outcome'],
  )
  readonly influxDropped = this.#counter('ajar_influx_dropped_total', 'points dropped from a full outbox', [])
  readonly webhookMessages = this.#counter(
    'ajar_webhook_messages_total',
    'messages that webhooks took, attempts that failed, and messages that were dropped',
    ['outcome'],
  )
  readonly brokerEvents = this.#counter('ajar_broker_events_total', 'things the broker reported, by code', ['code'])
  readonly latency = this.#histogram(
    'ajar_classify_seconds',
    'from a frame taken from the queue to its prediction',
    [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2],
  )
  readonly pipeline = this.#histogram(
    'ajar_pipeline_seconds',
    'from a frame received to its result recorded',
    [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 60],
  )
  readonly frameAge = this.#histogram(
    'ajar_frame_age_seconds',
    'from a frame taken by its camera to its result recorded; what waited in an outbox is old',
    [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 600, 3600],
  )

  /** Reads the sources at every scrape, and measures the process too. */
  start({ database, devices, events, ...sources }: MetricSources) {
    collectDefaultMetrics({ register: this.#registry })
    tellCameras(this.#registry, sources, this.transitions)
    tellDevices(this.#registry, devices)
    tellQueues(this.#registry, database, sources)
    tellAlerts(this.#registry, database)
    this.#stops.push(countEndedJobs(events, this.jobsEnded), tellServer(this.#registry, sources))
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  close() {
    for (const stop of this.#stops.splice(0)) stop()
    this.#registry.clear()
  }

  #counter(name: string, help: string, labelNames: string[]) {
    return new Counter({ name, help, labelNames, registers: [this.#registry] })
  }

  #histogram(name: string, help: string, buckets: number[]) {
    return new Histogram({ name, help, buckets, registers: [this.#registry] })
  }
}

export function metricsRoute(http: Http, metrics: Metrics) {
  http.get('/metrics', { config: { access: 'viewer' }, schema: { summary: 'Prometheus metrics' } }, async (_, reply) =>
    reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await metrics.text()),
  )
}
