/**
 * How readings of a sensor are seen: what stands where in a vector, and how many of them make one look. It is to a sensor
 * what a region of interest is to a camera.
 */
export interface VectorView {
  /** In their order; their lengths add up to the length of a reading. */
  parts: VectorPart[]
  /** So many readings, the newest and those before it, make one look: 1 is the newest alone. */
  window: number
}

/** Numbers of a reading that belong together. */
export interface VectorPart {
  /** `amplitude`, `phase`, `value`, ... */
  name: string
  length: number
  /** `phase`: angles in radians, which jump by whole turns and drift with the clocks of sender and receiver. */
  kind: 'value' | 'phase'
}

/** No vector is longer. */
export const MOST_NUMBERS = 4096
export const MOST_WINDOW = 64

/** Where the id of a backbone is asked for, this one names the embedding of vectors. */
export const VECTOR = 'vector'

/** A vector whose numbers are all of one kind. */
export function plainView(length: number): VectorView {
  return { parts: [{ name: 'value', length, kind: 'value' }], window: 1 }
}

/** How many numbers a reading has. */
export function lengthOf({ parts }: Pick<VectorView, 'parts'>): number {
  return parts.reduce((sum, { length }) => sum + length, 0)
}
