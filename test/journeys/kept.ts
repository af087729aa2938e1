import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sha256 } from './pictures.ts'

/**
 * Reads a data folder whose server has stopped, past the server's own code: what a promise about the disk is worth shows
 * on the disk.
 */
export interface Kept {
  /** Every frame in every frames file: its id, and the digest of the bytes that lie there. */
  frames: { id: string; sha256: string }[]
  /** Ids that the pipeline has not finished. */
  pending: string[]
  /** Every frame that has ended. */
  ended: { id: string; outcome: string }[]
  /** Ids with a result, as often as they have one. */
  results: string[]
}

const ID = "camera || '/' || captured_at as id"

export function readKept(dataDir: string): Kept {
  const fromState = <T>(sql: string) => rows<T>(join(dataDir, 'state.db'), sql)
  return {
    frames: framesFiles(dataDir).flatMap(framesIn),
    pending: readPending(dataDir),
    ended: fromState(`select ${ID}, outcome from frames`),
    results: fromState<{ id: string }>(`select ${ID} from results`).map(({ id }) => id),
  }
}

/** Ids that the pipeline has not finished; also while the server runs, whose own count leaves out what is not in memory. */
export function readPending(dataDir: string): string[] {
  const read = (path: string) => rows<{ id: string }>(path, `select ${ID} from pending`)
  return framesFiles(dataDir).flatMap((path) => read(path).map(({ id }) => id))
}

export interface KeptReading {
  device: string
  sensor: string
  at: number
  value_json: string
}

/** Every reading, in the order of device, sensor and time. */
export function readReadings(dataDir: string): KeptReading[] {
  const sql = 'select device, sensor, at, value_json from readings order by device, sensor, at'
  return rows<KeptReading>(join(dataDir, 'state.db'), sql).map((row) => ({ ...row }))
}

/** What is known of every sensor. */
export function readSensors(dataDir: string): object[] {
  const sql = 'select device, name, last_at, last_value_json from sensors order by device, name'
  return rows<object>(join(dataDir, 'state.db'), sql).map((row) => ({ ...row }))
}

function framesIn(path: string): Kept['frames'] {
  const frames = rows<{ id: string; jpeg: Uint8Array }>(path, `select ${ID}, jpeg from frames`)
  return frames.map(({ id, jpeg }) => ({ id, sha256: sha256(jpeg) }))
}

function framesFiles(dataDir: string): string[] {
  const folder = join(dataDir, 'frames')
  const names = readdirSync(folder).filter((name) => name.endsWith('.db'))
  return names.map((name) => join(folder, name))
}

function rows<T>(path: string, sql: string): T[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  try {
    return database.prepare(sql).all() as T[]
  } finally {
    database.close()
  }
}
