/** When nightly backups are due, by the clock and the time zone of this machine; times are milliseconds UTC. */

/** The last time at or before `now` that it was so many minutes after midnight. */
export function lastDue(minutes: number, now: number): number {
  const today = timeOfDay(now, 0, minutes)
  return today <= now ? today : timeOfDay(now, -1, minutes)
}

export function nextDue(minutes: number, now: number): number {
  const today = timeOfDay(now, 0, minutes)
  return today > now ? today : timeOfDay(now, 1, minutes)
}

/** The day of a time here, `2026-11-30`. */
export function dayOf(time: number): string {
  const date = new Date(time)
  const two = (number: number) => String(number).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** A time that the clocks leave out in spring is the one right after. */
function timeOfDay(now: number, days: number, minutes: number): number {
  const date = new Date(now)
  date.setDate(date.getDate() + days)
  date.setHours(0, minutes, 0, 0)
  return date.getTime()
}
