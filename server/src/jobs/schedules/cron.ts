import { Cron } from 'croner'
import { badRequest } from '../../http/errors.ts'

/** When something is done again and again. */
export interface Times {
  /** Five fields (minute, hour, day, month, weekday), or six with seconds before them. */
  cron: string
  /** IANA name. */
  timezone: string
}

/** So far apart are two runs at least. */
const LEAST_APART_MS = 60_000
/** What comes too often does so within its first runs: a field of seconds with two values. */
const LOOKED_AT = 10

/**
 * The first time after `after`, milliseconds UTC; null where there is none. Where the clocks go forward, a time of day that
 * is left out comes right after; where they go back, one that is there twice counts once. What comes every so many minutes
 * or hours goes on without either.
 */
export function nextRun({ cron, timezone }: Times, after: number): number | null {
  try {
    return new Cron(cron, { mode: '5-or-6-parts', timezone }).nextRun(new Date(after))?.getTime() ?? null
  } catch {
    return null // checked when it was made: another release made it, or this machine knows that timezone no more
  }
}

/** @throws HttpError 400 `bad_cron`, `bad_timezone`, `too_often`, `never` */
export function checkTimes(times: Times, now: number): void {
  const { cron, timezone } = times
  if (!isTimezone(timezone))
    throw badRequest('bad_timezone', `${timezone} is no timezone: name one as Europe/Berlin or UTC`, 'timezone')
  const runs = runsOf(times, now)
  if (runs.length === 0) throw badRequest('never', `no day comes on which ${cron} is`, 'cron')
  for (const [i, at] of runs.entries()) {
    const before = runs[i - 1]
    if (before !== undefined && at - before < LEAST_APART_MS)
      throw badRequest('too_often', `${cron} comes more than once a minute: once a minute is the most`, 'cron')
  }
}

function runsOf({ cron, timezone }: Times, now: number): number[] {
  const fields = cron.split(' ').length
  if (fields !== 5 && fields !== 6)
    throw badRequest(
      'bad_cron',
      `${cron} has ${fields} fields: minute, hour, day, month and weekday are wanted`,
      'cron',
    )
  try {
    const runs = new Cron(cron, { mode: '5-or-6-parts', timezone }).nextRuns(LOOKED_AT, new Date(now))
    return runs.map((run) => run.getTime())
  } catch (error) {
    const why = (error as Error).message.replace(/^CronPattern: /, '')
    throw badRequest('bad_cron', `${cron} is no cron expression (${why})`, 'cron')
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return /^[A-Za-z]/.test(name) // an offset is none: it knows no summer
  } catch {
    return false
  }
}
