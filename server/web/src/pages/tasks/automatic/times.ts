/** When a task is run by itself. */
export type When = 'nightly' | 'hourly' | 'own' | 'states'

export const WAYS: readonly (readonly [When, string])[] = [
  ['nightly', 'every day at a time'],
  ['hourly', 'every hour'],
  ['own', 'at times of your own'],
  ['states', 'when its state changes'],
]

const DAILY = /^(\d{1,2}) (\d{1,2}) \* \* \*$/
const HOURLY = /^(\d{1,2}) \* \* \* \*$/
/** Hours that nobody calls a day. */
const [EVENING, MORNING] = [20, 6]

/** Of which cron line one chose it. @param time `hh:mm` */
export function cronOf(when: 'nightly' | 'hourly' | 'own', time: string, own: string): string {
  if (when === 'own') return own.trim()
  const [hour = 3, minute = 0] = time.split(':').map(Number)
  return when === 'hourly' ? '0 * * * *' : `${minute} ${hour} * * *`
}

export function cronInWords(cron: string): string {
  const [, minute, hour] = DAILY.exec(cron) ?? []
  if (minute !== undefined && hour !== undefined) {
    const part = Number(hour) < MORNING || Number(hour) >= EVENING ? 'night' : 'day'
    return `every ${part} at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
  }
  const [, past] = HOURLY.exec(cron) ?? []
  if (past !== undefined) return past === '0' ? 'every hour' : `every hour at :${past.padStart(2, '0')}`
  return `at ${cron}`
}

/** `when it goes to open or ajar` */
export function statesInWords(states: readonly string[]): string {
  return states.length === 0 ? 'whenever its state changes' : `when it goes to ${states.join(' or ')}`
}
