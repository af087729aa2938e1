import type { ResultsTable } from '../src/database/schema.ts'
import type { StateDatabase } from '../src/database/state-database.ts'

export const CAMERA = 'pi/cam'
export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 24 * HOUR
/** On a whole day, long ago. */
export const FIRST = Date.UTC(2026, 2, 1)

/** A generator of numbers in [0, 1) that gives the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A result of a camera; its state and confidence are told by chance. */
export function result(captured_at: number, next: () => number, camera = CAMERA): ResultsTable {
  const state = ['open', 'closed', 'unknown'][Math.floor(next() * 3)] ?? 'open'
  // Not every model has a confidence to tell, and many tell the same. Sums of such ones are exact, in whatever order.
  const confidence = next() < 0.1 ? null : Math.round(next() * 1024) / 1024
  return {
    ...{ camera, captured_at, model: `${camera}@1`, state, best: state, confidence, reason: null, late: 0 },
    ...{
      probabilities_json: JSON.stringify({ open: 0.25, closed: 0.75 }),
      latency_ms: 5,
      novelty: null,
      signature: null,
      details_json: null,
    },
  }
}

export async function insertResults({ write }: StateDatabase, rows: ResultsTable[]) {
  for (let i = 0; i < rows.length; i += 1000)
    await write
      .insertInto('results')
      .values(rows.slice(i, i + 1000))
      .execute()
}

/** Times from `from` on, about so far apart, but for silences now and then. */
export function timesFrom(from: number, count: number, apart: number, next: () => number): number[] {
  const times: number[] = []
  for (let at = from; times.length < count; at += 1 + Math.round(next() * 2 * apart) + (next() < 0.01 ? 50 * apart : 0))
    times.push(at)
  return times
}

/** A change of state at an instant. */
export function change(at: number, from_state: string, to_state: string, camera = CAMERA) {
  return { camera, at, from_state, to_state, reason: null, confidence: 0.9, frame_at: at, model: null }
}
