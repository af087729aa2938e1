import { OperationError } from '../operation.ts'

/** What operations ask for that show times. */
export const TIME_ZONE = {
  type: 'string',
  name: 'Time Zone',
  description: 'How times are shown: UTC, or a place such as Europe/Vienna.',
  default: 'UTC',
  maxLength: 64,
  required: false,
} as const

/** Writes times, given in milliseconds UTC, as `2026-11-21 03:44:37` in a time zone. @throws OperationError `bad_time_zone` */
export function clockIn(timeZone: string): (at: number) => string {
  const format = formatIn(timeZone.trim() || 'UTC')
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
    return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`
  }
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
      ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
    })
  } catch {
    throw new OperationError(
      'bad_time_zone',
      `${timeZone} is no time zone: give UTC or the name of a place such as Europe/Vienna`,
    )
  }
}

/** For tables and JSON, which programs read; null stays null. */
export function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Between two times that stand at an axis. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 28, 91, 182, 364, 728].map((days) => days * DAY),
]

/** Round times between two others, about `most` of them, each with what stands at the axis. */
export function timeTicks(from: number, to: number, most: number, clock: (at: number) => string) {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? (to - from) / most
  // Round in the zone's own hours: what its clock says is read as if it were UTC to know how far the two are apart.
  const ahead = Date.parse(`${clock(from).replace(' ', 'T')}Z`) - Math.floor(from / SECOND) * SECOND
  const ticks: { at: number; text: string }[] = []
  for (let at = Math.ceil((from + ahead) / step) * step - ahead; at <= to; at += step) {
    const [day = '', time = ''] = clock(at).split(' ')
    ticks.push({ at, text: step >= DAY ? day.slice(5) : time.slice(0, step >= MINUTE ? 5 : 8) })
  }
  return ticks
}
