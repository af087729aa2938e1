/** Times of training that one chooses from; five fields of a cron line each. */
export const TIMES: readonly { cron: string; name: string }[] = [
  { cron: '0 3 * * *', name: 'every night at 03:00' },
  { cron: '0 3 * * 0', name: 'every Sunday at 03:00' },
  { cron: '0 3 1 * *', name: 'on the first of each month at 03:00' },
]

const FIELDS = 5

export function cronInWords(cron: string): string {
  return TIMES.find((time) => time.cron === cron)?.name ?? `at ${cron}`
}

/** What is wrong with a cron line that the server need not be asked for, or null. */
export function cronFault(cron: string): string | null {
  const count = cron.trim() === '' ? 0 : cron.trim().split(/\s+/).length
  if (count === FIELDS) return null
  return `Five fields are needed: minute, hour, day of the month, month, day of the week; there are ${count}.`
}
