import { sql } from 'kysely'
import type { Counter, Registry } from 'prom-client'
import type { Events } from '../../database/events.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import type { Recorder } from '../../record/recorder.ts'
import { gauge, gauges, type Sample } from './told.ts'

/** What waits, step by step. */
export interface Queues {
  pendingFrames(): number
  recorder: Pick<Recorder, 'waiting'>
  influxOutbox(): Promise<number>
}

export function tellQueues(registry: Registry, { read }: Pick<StateDatabase, 'read'>, queues: Queues) {
  const pending = 'frames that wait for their result, in memory; more may lie in the frames files'
  gauge(registry, 'ajar_frames_pending', pending, queues.pendingFrames)
  gauge(
    registry,
    'ajar_record_pending',
    'frames that have a result which is not written yet',
    () => queues.recorder.waiting,
  )
  gauge(registry, 'ajar_influx_outbox', 'points that wait for InfluxDB', queues.influxOutbox)
  gauge(registry, 'ajar_webhook_outbox', 'messages that wait for webhooks', async () => {
    const { waiting } = await read
      .selectFrom('webhook_outbox')
      .select(({ fn }) => fn.countAll<number>().as('waiting'))
      .executeTakeFirstOrThrow()
    return waiting
  })
  gauges(registry, 'ajar_jobs', 'jobs that wait or run', ['state'], async () => {
    const rows = await read
      .selectFrom('jobs')
      .select(['state', ({ fn }) => fn.countAll<number>().as('jobs')])
      .where('state', 'in', ['queued', 'running'])
      .groupBy('state')
      .execute()
    return ['queued', 'running'].map((state) => [{ state }, rows.find((row) => row.state === state)?.jobs ?? 0])
  })
}

const ENDS = ['done', 'failed', 'cancelled']

/** Counts jobs as they end. @returns ends that */
export function countEndedJobs(events: Pick<Events, 'subscribe'>, ended: Counter): () => void {
  return events.subscribe((rows) => {
    for (const { kind: event, data_json } of rows) {
      if (event !== 'job') continue
      const { kind, state } = JSON.parse(data_json) as { kind: string; state: string }
      if (ENDS.includes(state)) ended.inc({ kind, outcome: state })
    }
  })
}

const SEVERITIES = ['info', 'warning', 'critical']
const STATES = ['pending', 'firing', 'acknowledged']

/** Alerts that stand. One that was acknowledged still holds; somebody has seen it. */
export function tellAlerts(registry: Registry, { read }: Pick<StateDatabase, 'read'>) {
  gauges(registry, 'ajar_alerts', 'alerts that stand', ['severity', 'state'], async () => {
    const { rows } = await sql<{ severity: string; state: string; alerts: number }>`
      select severity, iif(acknowledged_at is null, state, 'acknowledged') as state, count(*) as alerts from alerts
      where resolved_at is null group by 1, 2`.execute(read)
    const count = (severity: string, state: string) =>
      rows.find((row) => row.severity === severity && row.state === state)?.alerts ?? 0
    return SEVERITIES.flatMap((severity) =>
      STATES.map((state): Sample => [{ severity, state }, count(severity, state)]),
    )
  })
}
