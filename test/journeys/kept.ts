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

export function readKept(dataDir: string): Kept {
  const files = readdirSync(join(dataDir, 'frames')).filter((name) => name.endsWith('.db'))
  const from = <T>(path: string, sql: string) => rows<T>(join(dataDir, path), sql)
  const fromAll = <T>(sql: string) => files.flatMap((file) => from<T>(join('frames', file), sql))
  const id = "camera || '/' || captured_at as id"
  return {
    frames: fromAll<{ id: string; jpeg: Uint8Array }>(`select ${id}, jpeg from frames`).map(({ id, jpeg }) => ({
      id,
      sha256: sha256(jpeg),
    })),
    pending: fromAll<{ id: string }>(`select ${id} from pending`).map(({ id }) => id),
    ended: from('state.db', `select ${id}, outcome from frames`),
    results: from<{ id: string }>('state.db', `select ${id} from results`).map(({ id }) => id),
  }
}

function rows<T>(path: string, sql: string): T[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    return database.prepare(sql).all() as T[]
  } finally {
    database.close()
  }
}
