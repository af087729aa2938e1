import { inTime } from '../evaluation/folds.ts'
import type { Sample } from '../head/sample.ts'

/** A pause so long between readings of one state is the end of a hold: somebody went away, and came back. */
const PAUSE_MS = 60_000

/**
 * States whose readings all come from one hold: one run in time, without a reading of another state in it. Parts of one
 * hold are alike in all that moves slowly (where people stand, the temperature of a chip), so whoever is judged by one
 * part and has learned from another looks better than on the next day.
 */
export function heldOnce(samples: Sample[], states: string[]): string[] {
  const holds = new Map<string, number>()
  let before: Sample | null = null
  for (const sample of inTime(samples)) {
    const isSame = before?.state === sample.state && sample.capturedAtMs - before.capturedAtMs < PAUSE_MS
    if (!isSame) holds.set(sample.state, (holds.get(sample.state) ?? 0) + 1)
    before = sample
  }
  return states.filter((state) => holds.get(state) === 1)
}

/** `a`, `b` and `c`; of many some, and how many more. */
export function inList(states: string[]): string {
  const names = states.slice(0, MOST_NAMED).map((state) => `\`${state}\``)
  const more = states.length - names.length
  if (more > 0) return `${names.join(', ')} and ${more} more`
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join('')
}

const MOST_NAMED = 6
