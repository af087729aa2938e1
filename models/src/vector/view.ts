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

/**
 * A packet of the Wi-Fi channel as the firmware of the older clients measures it: the amplitudes of subcarriers 6 to 58,
 * then their phases.
 */
export function csiView(): VectorView {
  return {
    parts: [
      { name: 'amplitude', length: 53, kind: 'value' },
      { name: 'phase', length: 53, kind: 'phase' },
    ],
    window: 1,
  }
}

/** What is said of each number of a look that is more than one reading: its mean, its deviation, its differences. */
export const MEASURES = 3

/** How long the embedding of a look is. */
export function embeddedLength(view: VectorView): number {
  return lengthOf(view) * measuresOf(view)
}

/** Where a part's numbers stand in an embedding: `from` inclusive, `to` exclusive. */
export interface PartRange {
  name: string
  from: number
  to: number
}

/** Of each part of the view, in their order. */
export function rangesOf(view: VectorView): PartRange[] {
  let from = 0
  return view.parts.map(({ name, length }) => {
    const range = { name, from, to: from + length * measuresOf(view) }
    from = range.to
    return range
  })
}

export function measuresOf({ window }: Pick<VectorView, 'window'>): number {
  return window > 1 ? MEASURES : 1
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/
/** What the estimator that sees all parts is called; no part may be. */
export const FUSED = 'fused'

/** Whether a view is one, wherever it comes from. @returns null, or what is wrong with it, in words */
export function viewFlaw(view: VectorView): string | null {
  const { parts, window } = view
  if (!Array.isArray(parts) || parts.length === 0) return 'it has no parts'
  for (const part of parts) {
    if (typeof part !== 'object' || part === null) return 'one of its parts is none'
    const { name, length, kind } = part
    if (typeof name !== 'string' || !NAME.test(name) || name === FUSED)
      return `a part cannot be called ${JSON.stringify(name)}: use small letters, digits, - and _, at most 32, and not ${FUSED}`
    if (!Number.isSafeInteger(length) || length < 1) return `its part ${name} has a length of ${length}`
    if (kind !== 'value' && kind !== 'phase')
      return `its part ${name} is of kind ${kind}, and there are value and phase`
  }
  if (new Set(parts.map(({ name }) => name)).size < parts.length) return 'two of its parts have the same name'
  if (lengthOf(view) > MOST_NUMBERS)
    return `its parts are ${lengthOf(view)} numbers together, and ${MOST_NUMBERS} are the most`
  if (!Number.isSafeInteger(window) || window < 1 || window > MOST_WINDOW)
    return `its window is ${window}, and it can be 1 to ${MOST_WINDOW}`
  return null
}
