import type { VectorPart } from '../../../api/sensor-bodies.ts'

/** How many amplitudes, and how many phases, a packet of Wi-Fi channel state has. */
const SUBCARRIERS = 53

export interface Layout {
  name: 'plain' | 'csi' | 'own'
  title: string
}

export const CSI: VectorPart[] = [
  { name: 'amplitude', length: SUBCARRIERS, kind: 'value' },
  { name: 'phase', length: SUBCARRIERS, kind: 'phase' },
]
export const plain = (length: number): VectorPart[] => [{ name: 'value', length, kind: 'value' }]

/** Whether a reading of so many numbers is most likely a packet of Wi-Fi channel state. */
export const isChannel = (length: number) => length === 2 * SUBCARRIERS

/** Which ways there are to see a reading of so many numbers. */
export function layoutsOf(length: number): Layout[] {
  return [
    { name: 'plain', title: 'numbers of one kind' },
    ...(isChannel(length) ? [{ name: 'csi', title: 'Wi-Fi channel: 53 amplitudes, 53 phases' } as const] : []),
    ...(length > 1 ? [{ name: 'own', title: 'parts of my own' } as const] : []),
  ]
}

export function layoutOf(parts: VectorPart[]): Layout['name'] {
  const same = (other: VectorPart[]) => JSON.stringify(parts) === JSON.stringify(other)
  if (same(CSI)) return 'csi'
  const [first] = parts
  return first && parts.length === 1 && same(plain(first.length)) ? 'plain' : 'own'
}

/** What is wrong with parts of a reading of so many numbers; null where nothing is. */
export function partsFault(parts: VectorPart[], length: number): string | null {
  const names = parts.map(({ name }) => name)
  if (parts.some(({ length: own }) => !Number.isInteger(own) || own < 1)) return 'Each part has at least one number.'
  if (names.some((name) => !/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)))
    return 'Names of parts are lower-case letters, digits and hyphens.'
  if (new Set(names).size < names.length) return 'Two parts have one name.'
  const sum = parts.reduce((total, part) => total + part.length, 0)
  return sum === length ? null : `A reading has ${length} numbers; these parts have ${sum}.`
}
