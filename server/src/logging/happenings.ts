import type { Events } from '../database/events.ts'
import type { Http } from '../http/http.ts'
import { eventLines } from './event-lines.ts'
import type { Logging } from './logging.ts'
import { requestLines } from './request-lines.ts'

/** Logs what happens in parts that need no log of their own: requests, jobs, devices. */
export function logHappenings(http: Http, events: Events, logging: Pick<Logging, 'of'>) {
  requestLines(http, logging)
  eventLines(events, logging)
}
