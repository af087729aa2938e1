import type { VectorPart, VectorView } from '../../api/sensor-bodies.ts'

/** The numbers of a reading, as they are drawn. */
export interface Part {
  name: string
  kind: VectorPart['kind']
  /** Null where there is nothing to draw: the phase of a place without any amplitude is noise. */
  numbers: (number | null)[]
}

type View = VectorView | null | undefined

/** A reading by its parts; where it is not as long as the view says, it is one part. Phases are made comparable. */
export function partsOf(numbers: readonly number[], view: View): Part[] {
  const parts = view?.parts ?? []
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (length !== numbers.length) return [{ name: 'value', kind: 'value', numbers: [...numbers] }]
  let begin = 0
  const cut = parts.map((part) => {
    const own = numbers.slice(begin, begin + part.length)
    begin += part.length
    return { ...part, own }
  })
  return cut.map(({ name, kind, own }) => {
    if (kind === 'value') return { name, kind, numbers: own }
    const beside = cut.find((other) => other.kind === 'value' && other.length === own.length)?.own
    return { name, kind, numbers: straightened(own.map((phase, i) => (beside?.[i] === 0 ? null : phase))) }
  })
}

/**
 * Phases without jumps of whole turns and without their straight line, which the clocks of sender and receiver put there:
 * what is left is the room.
 * @param phases radians; null where there is none
 */
export function straightened(phases: readonly (number | null)[]): (number | null)[] {
  const turn = 2 * Math.PI
  const places = phases.flatMap((phase, i) => (phase === null ? [] : [{ i, phase }]))
  let turns = 0
  const whole = places.map(({ i, phase }, k) => {
    const before = places[k - 1]
    if (before) turns -= Math.round((phase - before.phase) / turn)
    return { i, phase: phase + turns * turn }
  })
  const count = Math.max(1, whole.length)
  const middle = whole.reduce((sum, { i }) => sum + i, 0) / count
  const mean = whole.reduce((sum, { phase }) => sum + phase, 0) / count
  const along = whole.reduce((sum, { i, phase }) => sum + (i - middle) * (phase - mean), 0)
  const squares = whole.reduce((sum, { i }) => sum + (i - middle) ** 2, 0)
  const slope = squares > 0 ? along / squares : 0
  const straight = new Map(whole.map(({ i, phase }) => [i, phase - mean - slope * (i - middle)]))
  return phases.map((_, i) => straight.get(i) ?? null)
}

/** The mean of each part over readings of one length; those of another length do not count. Null where there are none. */
export function meanOf(readings: readonly (readonly number[])[], view: View): Part[] | null {
  const [first] = readings
  if (!first) return null
  const split = readings.filter(({ length }) => length === first.length).map((reading) => partsOf(reading, view))
  return (split[0] ?? []).map(({ name, kind, numbers }, part) => ({
    name,
    kind,
    numbers: numbers.map((_, i) => {
      const known = split.flatMap((one) => one[part]?.numbers[i] ?? [])
      return known.length === 0 ? null : known.reduce((sum, number) => sum + number, 0) / known.length
    }),
  }))
}

/** A value as a list, as it stands in a reading; nothing where there is none to draw. */
export function listOf(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  return Array.isArray(value) ? value : []
}
