import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { LaboratoryFileRow } from '../../database/schema-laboratory.ts'
import type { StateDatabase } from '../../database/state-database.ts'
import { FORMS, type Form } from './forms.ts'
import type { SignedUrls } from './signed-urls.ts'

export interface FilesOptions {
  database: StateDatabase
  /** `data/laboratory` */
  folder: string
  urls: SignedUrls
}

/** Where the laboratory's files lie, and the addresses they are had at. Rows say which there are; what no row names is nothing. */
export class Files {
  readonly folder: string
  readonly #database: StateDatabase
  readonly #urls: SignedUrls

  constructor({ database, folder, urls }: FilesOptions) {
    this.#database = database
    this.folder = folder
    this.#urls = urls
  }

  async start() {
    for (const folder of [this.uploads, this.results, this.scratch])
      await mkdir(folder, { recursive: true, mode: 0o700 })
  }

  get uploads(): string {
    return join(this.folder, 'uploads')
  }

  get results(): string {
    return join(this.folder, 'results')
  }

  /** Below it each job has a folder of its own. */
  get scratch(): string {
    return join(this.folder, 'scratch')
  }

  /** Where the files of a result lie. */
  folderOf(result: number): string {
    return join(this.results, String(result))
  }

  /** Makes a folder of files that of a result; on the disk when it resolves. Rows come after it. @param folder on the same disk */
  async adopt(folder: string, result: number): Promise<void> {
    const target = this.folderOf(result)
    await rm(target, { recursive: true, force: true }) // of a run that ended before its rows were written
    await sync(folder)
    await rename(folder, target)
    await sync(dirname(target))
  }

  /** Removes the files of a result whose rows are gone. */
  async removeResult(result: number): Promise<void> {
    await rm(this.folderOf(result), { recursive: true, force: true })
  }

  /** Removes an upload: its row, then its file. */
  async removeUpload(row: LaboratoryFileRow): Promise<void> {
    await this.#database.write.deleteFrom('laboratory_files').where('basename', '=', row.basename).execute()
    for (const name of Object.values(formsOf(row))) await rm(join(this.uploads, name), { force: true })
  }

  /** The path of one form of a file; null where it has no such form. */
  pathOf(row: Pick<LaboratoryFileRow, 'result' | 'forms_json'>, form: Form): string | null {
    const name = formsOf(row)[form]
    if (name === undefined) return null
    return join(row.result === null ? this.uploads : this.folderOf(row.result), name)
  }

  /** `{"fits_url": "https://...", ...}`: every form that a file has, as the answers name them. */
  urlsOf(row: Pick<LaboratoryFileRow, 'basename' | 'sha256' | 'forms_json'>, base: string): Record<string, string> {
    const forms = Object.keys(formsOf(row)).filter((form): form is Form => form in FORMS)
    return Object.fromEntries(forms.map((form) => [`${form}_url`, this.urlOf(row, form, base)]))
  }

  urlOf({ basename, sha256 }: Pick<LaboratoryFileRow, 'basename' | 'sha256'>, form: Form, base: string): string {
    return this.#urls.url(base, 'datalab', sha256.slice(0, MARK_LENGTH), basename, form)
  }

  find(basename: string): Promise<LaboratoryFileRow | undefined> {
    return this.#database.read
      .selectFrom('laboratory_files')
      .selectAll()
      .where('basename', '=', basename)
      .executeTakeFirst()
  }

  /** The file, where it is the account's: uploaded by it, or part of a result that one of its operations or runs of tasks shows. Null: anybody's. */
  async findFor(account: string | null, basename: string): Promise<LaboratoryFileRow | undefined> {
    return (await this.allFor(account, [basename])).get(basename)
  }

  /** The same of several, a bounded number of them in one statement: others have their turn between. */
  async allFor(account: string | null, basenames: readonly string[]): Promise<Map<string, LaboratoryFileRow>> {
    const found = new Map<string, LaboratoryFileRow>()
    for (let i = 0; i < basenames.length; i += AT_ONCE) {
      let files = this.#database.read
        .selectFrom('laboratory_files as f')
        .selectAll('f')
        .where('f.basename', 'in', basenames.slice(i, i + AT_ONCE))
      if (account !== null)
        files = files.where(({ or, eb, exists, selectFrom }) =>
          or([
            eb('f.owner', '=', account),
            exists(
              selectFrom('operations as o')
                .select('o.id')
                .whereRef('o.result', '=', 'f.result')
                .where('o.owner', '=', account),
            ),
            exists(
              selectFrom('task_runs as t')
                .select('t.job')
                .whereRef('t.result', '=', 'f.result')
                .where('t.owner', '=', account),
            ),
          ]),
        )
      for (const row of await files.execute()) found.set(row.basename, row)
    }
    return found
  }
}

/** Names of one statement. */
const AT_ONCE = 500

/** So much of a file's digest stands in its addresses: after it was removed, they do not lead to the next one of its name. */
export const MARK_LENGTH = 16

export function formsOf({ forms_json }: Pick<LaboratoryFileRow, 'forms_json'>): Partial<Record<Form, string>> {
  return JSON.parse(forms_json)
}

/** Brings to the disk what a folder or a file holds. */
export async function sync(path: string) {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
