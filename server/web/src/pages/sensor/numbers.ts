import type { VectorPart, VectorView } from '../../api/sensor-bodies.ts'

/** The numbers of a reading, as they are drawn. */
export interface Part {
  name: string
  kind: VectorPart['kind']
  numbers: number[]
}

/** A reading by its parts; where it is not as long as the view says, it is one part. Phases are made comparable. */
export function partsOf(numbers: readonly number[], view: VectorView | null | undefined): Part[] {
  const parts = view?.parts ?? []
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length !== numbers.length) return [{ name: 'value', kind: 'value', numbers: [...numbers] }]
  let begin = 0
  return parts.map(({ name, kind, length }) => {
    const own = numbers.slice(begin, begin + length)
    begin += length
    return { name, kind, numbers: kind === 'phase' ? straightened(own) : own }
  })
}

/**
 * Phases without jumps of whole turns and without their straight line, which the clocks of sender and receiver put there:
 * what is left is the room.
 */
export function straightened(phases: readonly number[]): number[] {
  const turn = 2 * Math.PI
  let turns = 0
  const whole = phases.map((phase, i) => {
    const before = phases[i - 1]
    if (before !== undefined) turns -= Math.round((phase - before) / turn)
    return phase + turns * turn
  })
  const middle = (whole.length - 1) / 2
  const mean = whole.reduce((sum, phase) => sum + phase, 0) / Math.max(1, whole.length)
  let [along, squares] = [0, 0]
  whole.forEach((phase, i) => {
    along += (i - middle) * (phase - mean)
    squares += (i - middle) ** 2
  })
  const slope = squares > 0 ? along / squares : 0
  return whole.map((phase, i) => phase - mean - slope * (i - middle))
}

/** The mean of each part over readings of one length; those of another length do not count. Null where there are none. */
export function meanOf(readings: readonly (readonly number[])[], view: VectorView | null | undefined): Part[] | null {
  const [first] = readings
  if (!first) return null
  const split = readings.filter(({ length }) => length === first.length).map((reading) => partsOf(reading, view))
  return (split[0] ?? []).map(({ name, kind, numbers }, part) => ({
    name,
    kind,
    numbers: numbers.map((_, i) => split.reduce((sum, one) => sum + (one[part]?.numbers[i] ?? 0), 0) / split.length),
  }))
}

/** A value as a list, as it stands in a reading; nothing where there is none to draw. */
export function listOf(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  return Array.isArray(value) ? value : []
}
