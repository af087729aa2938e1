import { createHash, randomUUID } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { ImageError, type ImageReader, imageInfo, openImage } from '@ajar/images'
import type { LaboratoryFileRow } from '../../database/schema-laboratory.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { bodyToFile } from '../../http/body-to-file.ts'
import { InTurn } from '../../in-turn.ts'
import type { Room } from '../execution/room.ts'
import { DetailError, FieldErrors } from '../field-errors.ts'
import { type Files, formsOf, sync } from './files.ts'
import { endingOf, nameOfUpload, numbered } from './upload-name.ts'

export interface UploadsOptions {
  database: StateDatabase
  files: Pick<Files, 'uploads' | 'removeUpload'>
  room: Pick<Room, 'require' | 'left' | 'reserve'>
  mostBytes: number
  /** Whether something of the archive is called so. */
  isInArchive(basename: string): Promise<boolean>
  /** Milliseconds UTC. */
  now?(): number
}

const MOST_AT_ONCE = 4
const MOST_OF_ONE = 2
/** So many files of one name are numbered. */
const MOST_NUMBER = 1000
export const MOST_UPLOADS = 10_000

/** Pictures that somebody sends to work on: theirs alone. One that did not come whole leaves nothing behind. */
export class Uploads {
  readonly #options: Required<UploadsOptions>
  /** Names are given one after the other. */
  readonly #naming = new InTurn(1)
  /** A picture may take much memory: one is decoded at a time. */
  readonly #decoding = new InTurn(1)
  /** Who sends now: an account as often as it sends. */
  readonly #sending: string[] = []

  constructor(options: UploadsOptions) {
    this.#options = { now: () => Date.now(), ...options }
  }

  /** Removes what a killed server left. */
  async start() {
    const { database, files } = this.#options
    const rows = await database.write
      .selectFrom('laboratory_files')
      .select('forms_json')
      .where('result', 'is', null)
      .execute()
    const known = new Set(rows.flatMap((row) => Object.values(formsOf(row))))
    for (const name of await readdir(files.uploads))
      if (!known.has(name)) await rm(join(files.uploads, name), { force: true })
  }

  /**
   * Takes a picture in, durably. The same bytes sent again by the same account are the same file; another picture of a name
   * that is taken gets a number.
   * @param name as its sender calls it; its folders and its ending do not matter
   * @param length what is announced, in bytes, if anything is
   * @throws FieldErrors where it is no picture; HttpError 408, 400; DetailError 413, 503, 507
   */
  async take(account: string, name: string, body: Readable, length: number | null): Promise<LaboratoryFileRow> {
    const basename = nameOfUpload(name)
    const own = this.#sending.filter((one) => one === account).length
    if (this.#sending.length >= MOST_AT_ONCE || own >= MOST_OF_ONE)
      throw new DetailError(503, 'Other uploads are on their way: send this one later.')
    this.#sending.push(account)
    const part = join(this.#options.files.uploads, `${randomUUID()}.part`)
    try {
      return await this.#receive(account, basename, part, body, length)
    } finally {
      this.#sending.splice(this.#sending.indexOf(account), 1)
      await rm(part, { force: true })
    }
  }

  /** The account's uploads, the newest first. @param account null: everybody's */
  async list(account: string | null): Promise<LaboratoryFileRow[]> {
    const all = this.#options.database.write.selectFrom('laboratory_files').selectAll().where('result', 'is', null)
    const own = account === null ? all : all.where('owner', '=', account)
    return own.orderBy('created_at', 'desc').orderBy('basename').limit(MOST_UPLOADS).execute()
  }

  /** @param account null: whoever's it is @throws DetailError 404 where the account has no such upload */
  async remove(account: string | null, basename: string): Promise<void> {
    const row = await this.#find(basename)
    if (!row || row.result !== null || (account !== null && row.owner !== account))
      throw new DetailError(404, 'No File matches the given query.')
    await this.#options.files.removeUpload(row)
  }

  async #receive(account: string, basename: string, part: string, body: Readable, length: number | null) {
    const { mostBytes, room } = this.#options
    const tooLarge = () => new DetailError(413, `More than ${mostBytes} bytes (AJAR_MAX_IMPORT_BYTES).`)
    if (length !== null && length > mostBytes) throw tooLarge()
    await room.require(length ?? 0)
    const hash = createHash('sha256')
    const bytes = await bodyToFile(body, part, {
      ...{ mostBytes, tooLarge },
      room: async () => {
        const { quota, disk } = await room.left()
        return Math.min(quota, disk) - this.#sending.length * MARGIN_BYTES
      },
      diskFull,
      look: (chunk) => void hash.update(chunk),
    })
    const kind = await this.#decoding.run(() => kindOf(part))
    const sha256 = hash.digest('hex')
    // Others may have taken the room that there was.
    const release = await room.reserve(bytes)
    if (!release) throw diskFull()
    return this.#naming.run(() => this.#keep({ account, basename, part, bytes, sha256, ...kind })).finally(release)
  }

  async #keep({ account, basename, part, bytes, sha256, type, ending }: Received): Promise<LaboratoryFileRow> {
    const { database, files, now } = this.#options
    const known = await database.write
      .selectFrom('laboratory_files')
      .selectAll()
      .where('owner', '=', account)
      .where('sha256', '=', sha256)
      .where('result', 'is', null)
      .executeTakeFirst()
    if (known) return known
    const count = await database.write
      .selectFrom('laboratory_files')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('owner', '=', account)
      .executeTakeFirst()
    if (Number(count?.count ?? 0) >= MOST_UPLOADS)
      throw new DetailError(409, `There are ${MOST_UPLOADS} uploads of yours: delete some first.`)
    const name = `${randomUUID()}${ending}`
    await rename(part, join(files.uploads, name))
    try {
      await sync(files.uploads)
      return await database.write
        .insertInto('laboratory_files')
        .values({
          ...{ basename: await this.#freeName(basename), owner: account, result: null, type, bytes, sha256 },
          ...{ forms_json: JSON.stringify({ original: name }), created_at: now() },
        })
        .returningAll()
        .executeTakeFirstOrThrow()
    } catch (error) {
      await rm(join(files.uploads, name), { force: true })
      throw error
    }
  }

  async #freeName(basename: string): Promise<string> {
    for (let number = 1; number <= MOST_NUMBER; number++) {
      const name = numbered(basename, number)
      if (!(await this.#find(name)) && !(await this.#options.isInArchive(name))) return name
    }
    throw new FieldErrors({ name: ['Too many files are called so: give it another name.'] })
  }

  #find(basename: string): Promise<LaboratoryFileRow | undefined> {
    const files = this.#options.database.write.selectFrom('laboratory_files').selectAll()
    return files.where('basename', '=', basename).executeTakeFirst()
  }
}

/** What others may write between two looks at the room. */
const MARGIN_BYTES = 16 * 1024 * 1024

interface Received {
  account: string
  basename: string
  part: string
  bytes: number
  sha256: string
  type: 'fits' | 'image'
  ending: string
}

const diskFull = () => new DetailError(507, 'There is no room left for it: delete uploads or operations, or make room.')

/** What came, where it is a picture that is there as a whole. @throws FieldErrors */
async function kindOf(path: string): Promise<Pick<Received, 'type' | 'ending'>> {
  try {
    const { kind } = await imageInfo(path)
    const reader = await openImage(path)
    try {
      await readWhole(reader)
    } finally {
      await reader.close()
    }
    return { type: kind === 'fits' ? 'fits' : 'image', ending: await endingOf(path, kind) }
  } catch (error) {
    if (error instanceof ImageError) throw new FieldErrors({ file: [error.message] })
    throw error
  }
}

/** Samples that are held at a time. */
const PIECE = 1 << 20

/** Decodes all of it once, a few rows at a time. @throws ImageError where a part is missing or damaged */
async function readWhole(reader: ImageReader) {
  const rows = Math.max(1, Math.floor(PIECE / (reader.width * reader.planes)))
  for (let from = 0; from < reader.height; from += rows) {
    await reader.rows(from, Math.min(from + rows, reader.height))
    await setImmediate() // others are answered meanwhile
  }
}
