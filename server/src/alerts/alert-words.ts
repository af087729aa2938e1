/** What alerts say to people, in messages as on the page. */

const SECOND_MS = 1000
const DAY_MS = 86_400_000
const UNITS = [
  [DAY_MS, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [SECOND_MS, 's'],
] as const
/** With its zone, that of the server: whoever reads it may be in another one. */
const CLOCK = { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const
const TIME = new Intl.DateTimeFormat('en-GB', CLOCK)
const DAY_AND_TIME = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', ...CLOCK })

/** `pi/door is open since 14:03 CEST`: it stays true for as long as the alert stands. */
export function firingInWords(text: string, since: number, now: number): string {
  return `${text} since ${(now - since < DAY_MS / 2 ? TIME : DAY_AND_TIME).format(since)}`
}

/**
 * `pi/door was open for 26 s`
 * @param why where it is not simply over: `its rule was switched off`
 */
export function endedInWords(was: string, ms: number, why: string | undefined): string {
  return `${was} for ${lengthInWords(ms)}${why === undefined ? '' : `; ${why}`}`
}

/** To two units: `26 s`, `12 min 4 s`, `2 d 3 h`. */
function lengthInWords(ms: number): string {
  if (ms < SECOND_MS) return 'a moment'
  const first = UNITS.findIndex(([unit]) => ms >= unit)
  let left = ms
  const parts = UNITS.slice(first, first + 2).map(([unit, name]) => {
    const count = Math.floor(left / unit)
    left -= count * unit
    return count === 0 ? '' : ` ${count} ${name}`
  })
  return parts.join('').trim()
}
