import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DataFolderError, takeDataFolder } from '../database/data-folder.ts'
import { STATE } from './copy-state.ts'

/**
 * Where no server runs, ends what a killed one left half-way: who only reads cannot. Only for whoever may write the data.
 * @returns whether no server runs
 */
export function settleJournals(dataDir: string): boolean {
  let giveBack: () => void
  try {
    giveBack = takeDataFolder(dataDir)
  } catch (error) {
    if (error instanceof DataFolderError && error.code === 'data_dir_in_use') return false
    throw error
  }
  try {
    const frames = readdirSync(join(dataDir, 'frames')).filter((name) => name.endsWith('.db'))
    for (const path of [STATE, ...frames.map((name) => join('frames', name))]) {
      const database = new DatabaseSync(join(dataDir, path))
      database.prepare('select count(*) from sqlite_schema').get()
      database.close()
    }
    return true
  } finally {
    giveBack()
  }
}
