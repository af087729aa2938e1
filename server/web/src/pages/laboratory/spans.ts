/** How thinly frames are taken. Milliseconds; 0 takes all. */
export const EVERY: readonly (readonly [ms: number, name: string])[] = [
  [0, 'all frames'],
  [1_000, 'one a second'],
  [10_000, 'one in 10 s'],
  [60_000, 'one a minute'],
  [600_000, 'one in 10 min'],
  [3_600_000, 'one an hour'],
  [86_400_000, 'one a day'],
]

/** `one a minute of the` */
export function inSpan(every: number): string {
  const name = EVERY.find(([ms]) => ms === every)?.[1]
  return `${name ?? `one in ${every / 1000} s`} of the`
}

/** Milliseconds UTC, or undefined where nothing whole stands there. The field is in the viewer's zone. */
export function timeIn({ value }: HTMLInputElement): number | undefined {
  const ms = Date.parse(value)
  return Number.isNaN(ms) ? undefined : ms
}

/** As a field of the viewer's zone has it. */
export function localTime(ms: number | undefined): string {
  if (ms === undefined) return ''
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
