import type { Events } from '../database/events.ts'
import type { Logging } from './logging.ts'

const ENDED = ['done', 'failed', 'cancelled']

/** Logs how jobs go, with their id, and which devices come and go: both are told as events, wherever they happen. */
export function eventLines(events: Events, logging: Pick<Logging, 'of'>) {
  /** Of jobs that have not ended. */
  const states = new Map<string, string>()
  events.subscribe((rows) => {
    for (const { kind, data_json } of rows) {
      if (kind === 'job') {
        const { id: job, kind: work, camera, state } = JSON.parse(data_json)
        if (states.get(job) === state) continue // it only got on
        if (ENDED.includes(state)) states.delete(job)
        else states.set(job, state)
        logging.of('jobs')[state === 'failed' ? 'warn' : 'info']({ job, camera }, `${work} ${state}`)
      } else if (kind === 'device') {
        const { device, change, connected } = JSON.parse(data_json)
        logging.of('devices').debug({ device, connected }, `device ${change}`)
      }
    }
  })
}
