import { serverNow } from './clock.ts'

/** How times, numbers and reasons are said. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `less than 1 s`, `12 s`, `5 min`, `3 h`, `2 d` */
export function duration(ms: number): string {
  if (ms < SECOND) return 'less than 1 s'
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} h`
  return `${Math.floor(ms / DAY)} d`
}

export function ago(ms: number): string {
  return ms < SECOND ? 'now' : `${duration(ms)} ago`
}

const AMOUNT = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 })

/** `1,204`, `48.25`; as the viewer writes numbers */
export function amount(count: number): string {
  return AMOUNT.format(count)
}

/** `1 frame`, `2 frames` */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${amount(count)} ${count === 1 ? thing : things}`
}

/** @param confidence 0..1; 0.997 is not said to be certain */
export function percent(confidence: number): string {
  return confidence > 0.99 ? '> 99 %' : `${Math.floor(confidence * 100)} %`
}

/**
 * Parts of a whole, 0..1, in per cent: what is there at all is not said to be nothing, nor what is missing to be there.
 * They are rounded so that they add up to what all parts are together: those that lose most by it are rounded up.
 */
export function shares(parts: number[]): string[] {
  const cents = parts.map((part) => part * 100)
  const whole = cents.map((cent) => Math.floor(cent + TINY))
  const missing = Math.round(sumOf(cents)) - sumOf(whole)
  const lost = cents.map((cent, index) => ({ index, loss: cent - (whole[index] ?? 0) }))
  const up = lost.sort((one, other) => other.loss - one.loss).slice(0, Math.max(0, missing))
  const isUp = new Set(up.map(({ index }) => index))
  return parts.map((part, index) => {
    if (part > 0 && part < 0.01) return '< 1 %'
    return part > 0.99 && part < 1 ? '> 99 %' : `${(whole[index] ?? 0) + (isUp.has(index) ? 1 : 0)} %`
  })
}

/** 0.29 * 100 is 28.999 ... */
const TINY = 1e-9
const sumOf = (numbers: number[]) => numbers.reduce((sum, one) => sum + one, 0)

/** `once`, `42 times` */
export function times(count: number): string {
  return count === 1 ? 'once' : `${amount(count)} times`
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const SHORT_CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const DAY_AND_CLOCK = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const SHORT_DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })

const MONTH = new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric' })

/** In the viewer's zone; with the day where it is not today. */
export function timeOfDay(ms: number, now = serverNow()): string {
  return new Date(ms).toDateString() === new Date(now).toDateString() ? CLOCK.format(ms) : DAY_AND_CLOCK.format(ms)
}

/** Times beside each other that would look the same are said to the tenth of a second, or to the millisecond. */
export function toldApart(times: number[], say: (ms: number) => string = timeOfDay): string[] {
  const ways = [say, (ms: number) => timeOfDay(ms), (ms: number) => precise(ms, 1), (ms: number) => precise(ms, 3)]
  const finest = ways.at(-1) ?? say
  return times.map((ms, i) => {
    const others = [times[i - 1], times[i + 1]].filter((other) => other !== undefined && other !== ms) as number[]
    const way = ways.find((one) => others.every((other) => one(other) !== one(ms))) ?? finest
    return way(ms)
  })
}

const fine = (fractionalSecondDigits: 1 | 3) => {
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits } as const
  const day = { day: 'numeric', month: 'short', year: 'numeric' } as const
  return [new Intl.DateTimeFormat(undefined, clock), new Intl.DateTimeFormat(undefined, { ...day, ...clock })] as const
}
const FINE = { 1: fine(1), 3: fine(3) }

function precise(ms: number, digits: 1 | 3, now = serverNow()): string {
  const [ofToday, ofOtherDays] = FINE[digits]
  return (new Date(ms).toDateString() === new Date(now).toDateString() ? ofToday : ofOtherDays).format(ms)
}

/** To the millisecond, for what comes many times a second. */
export const preciseTime = (ms: number) => precise(ms, 3)
export const fullTime = (ms: number) => DAY_AND_CLOCK.format(ms)
export const shortTime = (ms: number) => SHORT_CLOCK.format(ms)
export const clockTime = (ms: number) => CLOCK.format(ms)
export const shortDay = (ms: number) => SHORT_DAY.format(ms)
export const month = (ms: number) => MONTH.format(ms)
/** For those who compare with a log. */
export const utc = (ms: number) => new Date(ms).toISOString()

/** Why a state is `unknown`, and what can be done. */
const REASONS: Record<string, string> = {
  no_model: 'no model yet: label some frames and train',
  low_confidence: 'the model is not sure enough',
  unlike_training: 'unlike every frame it was taught: label such frames and train again',
  stale: 'frames stopped, although the device was connected',
  offline: 'frames stopped: the device was offline',
  covered: 'the camera is covered or it is too dark',
  moved: 'the camera was moved: label new frames and train again',
}

/** @param shots what is classified */
export function reasonInWords(reason: string | null, shots: 'frames' | 'readings' = 'frames'): string {
  if (reason === null) return 'not enough results agree yet'
  const words = REASONS[reason] ?? reason
  return shots === 'frames' ? words : words.replaceAll('frame', 'reading')
}
