/** How long something takes, as people set it: a number and its unit, kept as they are typed: `1.5 h`. */

const UNITS_MS = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }
export type Unit = keyof typeof UNITS_MS
export const UNITS = Object.keys(UNITS_MS) as Unit[]

const FROM_LARGEST = UNITS.toReversed().map((unit) => [UNITS_MS[unit], unit] as const)

/** In the largest unit that it is a whole number of: `10 min`, `90 s`. */
export function entryOfDuration(ms: number): string {
  if (ms === 0) return '0 min'
  const [unitMs, unit] = FROM_LARGEST.find(([unitMs]) => ms % unitMs === 0) ?? [UNITS_MS.s, 's']
  return `${ms / unitMs} ${unit}`
}

export function partsOf(entry: string): { number: string; unit: Unit } {
  const [number = '', unit] = entry.split(' ')
  return { number, unit: UNITS.find((one) => one === unit) ?? 'min' }
}

/** Null where no number stands. */
export function msOf(entry: string): number | null {
  const { number, unit } = partsOf(entry)
  return number === '' ? null : Math.round(Number(number) * UNITS_MS[unit])
}

/** Exactly: `1 h 30 min`. */
export function length(ms: number): string {
  const parts: string[] = []
  let left = ms
  for (const [unitMs, unit] of FROM_LARGEST) {
    if (left < unitMs) continue
    parts.push(`${Math.floor(left / unitMs)} ${unit}`)
    left %= unitMs
  }
  return parts.length === 0 ? `${left} ms` : parts.join(' ')
}
