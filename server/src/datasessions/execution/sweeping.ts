import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { StateDatabase } from '../../database/state-database.ts'
import { Hourly } from '../../hourly.ts'
import type { Log } from '../../logging/levels.ts'
import { removeFolder } from '../../remove-folder.ts'
import type { Files } from '../files/files.ts'
import { settleEnded } from './ended-jobs.ts'
import type { Results } from './results.ts'
import type { Room } from './room.ts'

export interface SweepingPorts {
  database: StateDatabase
  files: Pick<Files, 'results' | 'scratch' | 'folderOf'>
  results: Results
  room: Pick<Room, 'unusedSince' | 'makeRoom'>
  /** Folders of scratch that are in use. */
  inUse(): string[]
  /** Milliseconds for which a result stays that no operation shows. */
  keptMs: number
  log: Pick<Log, 'info' | 'warn'>
  /** Milliseconds UTC. */
  now(): number
}

const AT_ONCE = 200

const GONE =
  'its files are not there any more: the files of the laboratory are not part of backups; delete it and ask for it again'

/** Lets go what the laboratory does not need: what a killed server left, old results, results whose files are gone. */
export class Sweeping {
  readonly #ports: SweepingPorts
  readonly #hourly: Hourly

  constructor(ports: SweepingPorts) {
    this.#ports = ports
    this.#hourly = new Hourly(
      () => this.sweep(),
      (err) => ports.log.warn({ err }, 'the laboratory cannot be swept; trying again'),
    )
  }

  /** Before any job begins: what results say is true then. */
  async start() {
    try {
      await this.#clear(this.#ports.files.scratch, (name) => !this.#ports.inUse().includes(name))
      await this.#compare()
    } catch (err) {
      this.#ports.log.warn({ err }, 'the laboratory cannot be swept; trying again')
    }
    this.#hourly.start()
  }

  close(): Promise<void> {
    return this.#hourly.close()
  }

  async sweep(): Promise<void> {
    const { database, files, results, room, keptMs, now, inUse, log } = this.#ports
    await settleEnded(database, now())
    await this.#clear(files.scratch, (name) => !inUse().includes(name))
    let gone = 0
    for (;;) {
      const ids = await room.unusedSince(now() - keptMs, AT_ONCE)
      if (ids.length === 0 || this.#hourly.isClosing) break
      await results.drop(ids, null)
      gone += ids.length
    }
    if (gone > 0) log.info({ results: gone }, 'results that no operation shows went, unused for long')
    await room.makeRoom(0)
  }

  /** Rows without files, of a backup that was restored, and files without rows, of a server that was killed. */
  async #compare() {
    const { database, files, results, log } = this.#ports
    const rows = await database.write.selectFrom('operation_results').select(['id', 'state']).execute()
    const known = new Set(rows.map(({ id }) => String(id)))
    await this.#clear(files.results, (name) => !known.has(name))
    const made = await database.write
      .selectFrom('laboratory_files')
      .select(['result', 'forms_json'])
      .where('result', 'is not', null)
      .execute()
    const lost = new Set<number>()
    for (const { result, forms_json } of made) {
      if (result === null || lost.has(result)) continue
      const names = Object.values(JSON.parse(forms_json) as Record<string, string>)
      if (!(await allThere(files.folderOf(result), names))) lost.add(result)
    }
    if (lost.size === 0) return
    await results.drop([...lost], GONE)
    log.warn({ results: lost.size }, 'results went whose files are not there: they are not part of backups')
  }

  async #clear(folder: string, isNobodys: (name: string) => boolean) {
    for (const name of await readdir(folder).catch(() => []))
      if (isNobodys(name))
        await removeFolder(join(folder, name)).catch((err) =>
          // The others go all the same.
          this.#ports.log.warn({ err, folder: join(folder, name) }, 'what nobody needs any more cannot be removed'),
        )
  }
}

async function allThere(folder: string, names: string[]): Promise<boolean> {
  for (const name of names)
    try {
      await stat(join(folder, name))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  return true
}
