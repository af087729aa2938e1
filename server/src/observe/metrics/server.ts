import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { BrokerStats } from '@ajar/broker'
import type { Registry } from 'prom-client'
import server from '../../../package.json' with { type: 'json' }
import type { StorageState } from '../../retention/storage.ts'
import type { StorageAlarm } from '../../retention/storage-alarms.ts'
import { counters, gauge, gauges, type Sample } from './told.ts'

/** The parts of the server around the journey of frames. */
export interface ServerParts {
  broker(): BrokerStats
  http(): { open: number; closed: number }
  /** Of events, and of the log. */
  streams(): { open: number; refused: number }[]
  /** Null before the first look at the disk. */
  storage(): StorageState | null
  storageAlarms(): StorageAlarm[]
  /** Bytes; null before the first look. */
  laboratory(): { uploads: number; results: number; most: number } | null
  /** Its id; null where a checkout runs. */
  release: string | null
  /** `since`: of the newest backup, milliseconds UTC, or null before the first look. */
  backups: { readonly since: number | null; readonly hasFailed: boolean }
  /** Whether the last one went back, within a week. */
  redeploys: { readonly wentBack: boolean }
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
  keptBytes: [
    'ajar_storage_kept_bytes',
    'bytes of frames that were copied out of files that went: labelled ones and those of transitions',
  ],
  freeBytes: ['ajar_storage_free_bytes', 'bytes free on the disk'],
  prunedFrames: ['ajar_storage_pruned_frames', 'frames that went since the start, for their age or for room'],
  stateBytes: ['ajar_storage_state_bytes', 'bytes of state.db'],
  walBytes: ['ajar_storage_wal_bytes', 'bytes of the log of state.db'],
} as const

const ALARM_LEVELS = { ok: 0, warn: 1, error: 2 } as const

/** @returns what ends the measuring of the event loop */
export function tellServer(registry: Registry, parts: ServerParts): () => void {
  gauges(registry, 'ajar_build_info', '1, and what runs', ['version', 'release', 'node'], () => [
    [{ version: server.version, release: parts.release ?? '', node: process.versions.node }, 1],
  ])
  for (const field of Object.keys(BROKER_GAUGES) as (keyof BrokerStats)[]) {
    const [name, help] = BROKER_GAUGES[field]
    gauge(registry, name, help, () => parts.broker()[field])
  }
  gauges(registry, 'ajar_laboratory_bytes', 'bytes that the laboratory takes, by what they are', ['of'], () => {
    const { uploads, results } = parts.laboratory() ?? {}
    return uploads === undefined || results === undefined
      ? []
      : [
          [{ of: 'uploads' }, uploads],
          [{ of: 'results' }, results],
        ]
  })
  gauges(registry, 'ajar_laboratory_limit_bytes', 'bytes that it may take', [], () => {
    const bytes = parts.laboratory()
    return bytes ? [[{}, bytes.most]] : []
  })
  gauge(registry, 'ajar_http_connections', 'open HTTP connections, without WebSockets', () => parts.http().open)
  const closed = 'HTTP connections closed since the start: too many, too much asked, or not read'
  gauge(registry, 'ajar_http_closed_by_limit', closed, () => parts.http().closed)
  const sum = (field: 'open' | 'refused') => parts.streams().reduce((total, each) => total + each[field], 0)
  gauge(registry, 'ajar_http_streams', 'open streams of events and of the log', () => sum('open'))
  const refused = 'streams refused since the start, for too many were open'
  gauge(registry, 'ajar_http_streams_refused', refused, () => sum('refused'))
  tellStorage(registry, parts)
  tellCare(registry, parts)
  const restarts = 'starts of each process after its first, by the watchdog'
  counters(registry, 'ajar_process_restarts_total', restarts, ['process'], () =>
    parts
      .processes()
      .flatMap(({ name, restarts: times }): Sample[] => (times === null ? [] : [[{ process: name }, times]])),
  )
  return tellEventLoop(registry)
}

function tellStorage(registry: Registry, { storage, storageAlarms }: ServerParts) {
  for (const [field, [name, help]] of Object.entries(STORAGE_GAUGES))
    gauge(registry, name, help, () => storage()?.[field as keyof typeof STORAGE_GAUGES] ?? Number.NaN)
  const oldest = 'capture time of the oldest frame that nothing keeps, Unix time'
  gauge(registry, 'ajar_storage_oldest_seconds', oldest, () => (storage()?.oldestAt ?? Number.NaN) / 1000)
  const alarms = 'alarms of the storage: 0 for ok, 1 for a warning, 2 for an error'
  gauges(registry, 'ajar_storage_alarm', alarms, ['alarm'], () =>
    storageAlarms().map(({ name, level }): Sample => [{ alarm: name }, ALARM_LEVELS[level]]),
  )
}

/** What people have to know of in time: a backup is missed when it is needed. */
function tellCare(registry: Registry, { backups, redeploys }: ServerParts) {
  const newest = 'when the newest whole backup began, Unix time; where there is none, when the data folder was made'
  gauge(registry, 'ajar_backup_newest_timestamp_seconds', newest, () => (backups.since ?? Number.NaN) / 1000)
  const failed = '1 where the last backup failed and none was made since'
  gauge(registry, 'ajar_backup_failed', failed, () => Number(backups.hasFailed))
  const wentBack = '1 where the last redeploy that switched releases went back, within a week'
  gauge(registry, 'ajar_redeploy_went_back', wentBack, () => Number(redeploys.wentBack))
}

function tellEventLoop(registry: Registry): () => void {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  gauge(registry, 'ajar_event_loop_delay_p99_seconds', 'since the last scrape', () => {
    const seconds = delay.percentile(99) / 1e9
    delay.reset()
    return seconds
  })
  return () => void delay.disable()
}
