import { sql } from 'kysely'
import type { StateDatabase } from '../database/state-database.ts'

/** The newest classified frame of each camera that still has one. */
export async function newestFrames({ read }: StateDatabase): Promise<Map<string, string>> {
  const { rows } = await sql<{ camera: string; at: number | null }>`
    select id as camera, (select max(captured_at) from results where camera = cameras.id) as at from cameras`.execute(
    read,
  )
  return new Map(rows.flatMap(({ camera, at }) => (at === null ? [] : [[camera, `${camera}/${at}`]])))
}
