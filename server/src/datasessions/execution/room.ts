import { statfs } from 'node:fs/promises'
import type { StateDatabase } from '../../database/state-database.ts'
import { DetailError } from '../field-errors.ts'
import type { Results } from './results.ts'

export interface RoomPorts {
  database: StateDatabase
  results: Pick<Results, 'drop'>
  /** Pictures that were made to be looked at: they count, and give way first. */
  renderings: { readonly bytes: number; giveBack(bytes: number): Promise<void> }
  dataDir: string
  /** What uploads and results may take together. */
  mostBytes: number
  /** What stays free on the disk. */
  leastFreeBytes: number
}

/** What the laboratory takes, and might. */
export interface LaboratoryBytes {
  uploads: number
  results: number
  /** Of results that no operation shows: they go when room is needed. */
  unshown: number
  most: number
}

const DROPPED_AT_ONCE = 20

/** How much the laboratory may take on the disk: results that no operation shows make room, the longest unused first. */
export class Room {
  readonly #ports: RoomPorts
  /** Bytes that are written already, and have no rows yet. */
  #reserved = 0

  constructor(ports: RoomPorts) {
    this.#ports = ports
  }

  async bytes(): Promise<LaboratoryBytes> {
    const { write } = this.#ports.database
    const uploads = await write
      .selectFrom('laboratory_files')
      .select(({ fn }) => fn.sum<number | null>('bytes').as('bytes'))
      .where('result', 'is', null)
      .executeTakeFirst()
    const results = await write
      .selectFrom('operation_results')
      .select(({ fn }) => fn.sum<number | null>('bytes').as('bytes'))
      .executeTakeFirst()
    const unshown = await this.#unshown()
      .select(({ fn }) => fn.sum<number | null>('bytes').as('bytes'))
      .executeTakeFirst()
    return {
      uploads: Number(uploads?.bytes ?? 0),
      results: Number(results?.bytes ?? 0),
      unshown: Number(unshown?.bytes ?? 0),
      most: this.#ports.mostBytes,
    }
  }

  /** How much may be written after what can go has gone. */
  async left(): Promise<{ quota: number; disk: number }> {
    const { quota, unshown } = await this.#quota()
    const { bsize, bavail } = await statfs(this.#ports.dataDir)
    const disk = bsize * bavail - this.#ports.leastFreeBytes
    return { quota: Math.max(quota(), 0), disk: Math.max(disk + unshown + this.#ports.renderings.bytes, 0) }
  }

  /** `quota` is asked in the instant in which it counts: others may have reserved meanwhile. */
  async #quota() {
    const before = this.#reserved
    const { uploads, results, unshown, most } = await this.bytes()
    // What got its rows while they were counted counts twice rather than not at all.
    return { unshown, quota: () => most - uploads - results + unshown - Math.max(before, this.#reserved) }
  }

  /**
   * Books room for what is written already, until it has rows: several at once do not all find the room that there is for one.
   * @returns gives it back; null where there is none
   */
  async reserve(bytes: number): Promise<(() => void) | null> {
    const { quota } = await this.#quota()
    if (bytes > quota()) return null
    this.#reserved += bytes
    const release = () => {
      this.#reserved -= bytes
    }
    try {
      await this.makeRoom(0)
      return release
    } catch (error) {
      release()
      throw error
    }
  }

  /** Makes sure that so many bytes more may be written. @throws DetailError 507 that says what to do */
  async require(bytes: number): Promise<void> {
    const { quota, disk } = await this.left()
    if (bytes >= quota)
      throw new DetailError(
        507,
        `The laboratory is full: uploads and results may take ${this.#ports.mostBytes} bytes together. Delete ` +
          'operations, sessions or uploads, or have AJAR_LABORATORY_BYTES raised.',
      )
    if (bytes >= disk)
      throw new DetailError(
        507,
        'The disk is full: make room on it, or have less kept (AJAR_RETAIN_BYTES); then try again.',
      )
    await this.makeRoom(bytes)
  }

  /** Lets results go that no operation shows, until so many bytes more find room. */
  async makeRoom(bytes: number): Promise<void> {
    for (;;) {
      const { uploads, results, most } = await this.bytes()
      const { bsize, bavail } = await statfs(this.#ports.dataDir)
      const { renderings, leastFreeBytes } = this.#ports
      const taken = uploads + results + this.#reserved + renderings.bytes
      const lacking = Math.max(taken + bytes - most, bytes + leastFreeBytes - bsize * bavail)
      if (lacking <= 0) return
      if (renderings.bytes > 0) {
        await renderings.giveBack(lacking)
        continue
      }
      const oldest = await this.#unshown()
        .select(['id', 'bytes'])
        .where('bytes', '>', 0)
        .orderBy('used_at')
        .limit(DROPPED_AT_ONCE)
        .execute()
      let given = 0
      const enough = oldest.filter((row) => {
        const isNeeded = given < lacking
        given += row.bytes
        return isNeeded
      })
      if (enough.length === 0) return
      if (
        (await this.#ports.results.drop(
          enough.map(({ id }) => id),
          null,
        )) === 0
      )
        return
    }
  }

  /** Results that no operation shows and that were not used since. */
  async unusedSince(time: number, limit: number): Promise<number[]> {
    const rows = await this.#unshown().select('id').where('used_at', '<', time).limit(limit).execute()
    return rows.map(({ id }) => id)
  }

  #unshown() {
    return this.#ports.database.write
      .selectFrom('operation_results')
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('operations').select('operations.id').whereRef('operations.result', '=', 'operation_results.id'),
          ),
        ),
      )
  }
}
