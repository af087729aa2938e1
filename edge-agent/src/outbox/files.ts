import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  statfs,
  truncate,
  unlink,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Condition, fileName, type Item, type NamedFile, parseFileName, type Untimed } from './item.ts'

/** An item as its file is named now. */
export interface Filed<Named = Item | Untimed> {
  item: Named
  important: boolean
}

/** The file of an item that was dropped: empty, and named after the generation of counts that it belongs to. */
export interface Gone extends Filed {
  generation: number
}

/** What a start finds in the folder. */
export interface Inventory {
  /** Items to send, with their sizes, oldest first. */
  items: (Filed<Item> & { bytes: number })[]
  /** Items without a time yet, with their sizes, oldest first of each boot. */
  untimed: (Filed<Untimed> & { bytes: number })[]
  /** Items that are gone, whose names were kept because they were the newest of their sources. */
  names: Item[]
  /** Items that were dropped. */
  gone: Gone[]
}

/** An item as its file is named, by what is written of it. */
export function filed<Named extends (Item | Untimed) & { marked: boolean }>(item: Named): Filed<Named> {
  return { item, important: item.marked }
}

const STAT_AT_ONCE = 64

/**
 * The outbox on disk: one folder, one file per item (`fileName`). Every call is asynchronous and rejects with the error of the
 * operating system. What a power cut may do, and what is synced against it:
 * - An item is written to `*.tmp`, synced (its bytes), renamed, and the folder synced (its name): whoever is told that it is
 *   durable finds it after a power cut, whole. A `*.tmp` is what a crash left behind.
 * - Renames and removals are not synced by themselves. Linux' journals keep their order, so a power cut undoes the last of them and
 *   none before: an acknowledged item may come back and is then sent once more with the same id and bytes, which the server drops.
 * - The counts of dropped items are synced, after the folder: `counts.ts` says why in this order.
 */
export class ItemFiles {
  readonly #folder: string
  readonly #sources = new Map<string, string>()
  #handle: FileHandle | null = null
  /** The folder sync that runs, and the one that will run after it for all who came meanwhile. */
  #running: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Makes the folder, sweeps what a crash left behind and says what is there. */
  async open(): Promise<Inventory> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await syncFolder(dirname(this.#folder))
    this.#handle = await open(this.#folder, 'r')
    const found: Inventory = { items: [], untimed: [], names: [], gone: [] }
    const names = await readdir(this.#folder)
    for (let i = 0; i < names.length; i += STAT_AT_ONCE) {
      await Promise.all(names.slice(i, i + STAT_AT_ONCE).map((name) => this.#take(name, found)))
    }
    found.items.sort((a, b) => a.item.atMs - b.item.atMs)
    found.untimed.sort((a, b) => a.item.monotonicMs - b.item.monotonicMs)
    return found
  }

  async close(): Promise<void> {
    await this.#running.catch(() => {})
    await this.#handle?.close()
    this.#handle = null
  }

  /** Resolves when a power cut could not take the item away any more. */
  async write(filed: Filed, bytes: Uint8Array): Promise<void> {
    await this.#writeWhole(this.#path(filed, 'tmp'), this.#path(filed), bytes)
  }

  async read(filed: Filed): Promise<Uint8Array> {
    return await readFile(this.#path(filed))
  }

  /** The file's name says from now on that the item is important. */
  async mark({ item }: Filed): Promise<void> {
    await rename(this.#path({ item, important: false }), this.#path({ item, important: true }))
  }

  /** Gives an item its time. */
  async time({ item, important }: Filed<Untimed>, timed: Item): Promise<void> {
    await rename(this.#path({ item, important }), this.#path({ item: timed, important }))
  }

  /** Deletes an item that the server has. */
  async remove(filed: Filed): Promise<void> {
    await unlink(this.#path(filed))
  }

  /** Deletes an item that the server has, but for its name. */
  async keepName(filed: Filed<Item>): Promise<void> {
    const name = this.#nameOf(filed.item)
    await rename(this.#path(filed), name)
    await truncate(name)
  }

  async removeName(item: Item): Promise<void> {
    await unlink(this.#nameOf(item))
  }

  /** Frees an item's room; the name of what is left tells that it was dropped. */
  async drop(gone: Gone): Promise<void> {
    const name = this.#goneOf(gone)
    await rename(this.#path(gone), name)
    await truncate(name)
  }

  /** The item was dropped and is counted: nothing is left. */
  async bury(gone: Gone): Promise<void> {
    await unlink(this.#goneOf(gone))
  }

  /** The item was dropped and is counted: its name is left. */
  async buryButName(gone: Gone, item: Item): Promise<void> {
    await rename(this.#goneOf(gone), this.#nameOf(item))
  }

  /** Resolves when all that was renamed and removed until now is durable. */
  async sync(): Promise<void> {
    await this.#syncFolder()
  }

  /** Replaces a small file of the outbox's own as a whole; durable when it resolves. */
  async writeRecord(name: string, record: unknown): Promise<void> {
    const path = join(this.#folder, name)
    await this.#writeWhole(`${path}.new`, path, Buffer.from(JSON.stringify(record)))
  }

  /** What `writeRecord` wrote; null where there is nothing, or nothing that can be read. */
  async readRecord(name: string): Promise<unknown> {
    const text = await readFile(join(this.#folder, name), 'utf8').catch(() => 'null')
    try {
      return JSON.parse(text)
    } catch {
      return null
    }
  }

  /** Bytes that this user could still write to the disk, and those of all of it. */
  async disk(): Promise<{ freeBytes: number; totalBytes: number }> {
    const { bavail, blocks, bsize } = await statfs(this.#folder)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  }

  async #writeWhole(temporary: string, path: string, bytes: Uint8Array): Promise<void> {
    try {
      const file = await open(temporary, 'w')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, path)
    } catch (error) {
      // Half a file must not take the room of a whole one on a full disk; if even this fails, the next start sweeps it.
      await unlink(temporary).catch(() => {})
      throw error
    }
    await this.#syncFolder()
  }

  async #take(name: string, found: Inventory): Promise<void> {
    const path = join(this.#folder, name)
    const file = parseFileName(name)
    if (!file) return
    file.item.source = this.#oneOf(file.item.source)
    const { item, important, condition } = file
    if (condition === 'tmp') return await unlink(path)
    if (typeof condition === 'object') found.gone.push({ item, important, generation: condition.gone })
    else if (condition === 'whole') this.#takeWhole(file, (await stat(path)).size, found)
    else if (!('boot' in item)) found.names.push(await this.#withNewName(path, item))
  }

  /** The same string for all items of a source: tens of thousands of copies would be megabytes. */
  #oneOf(source: string): string {
    const known = this.#sources.get(source) ?? source
    this.#sources.set(source, known)
    return known
  }

  #takeWhole({ item, important }: NamedFile, bytes: number, found: Inventory): void {
    if ('boot' in item) found.untimed.push({ item, important, bytes })
    else found.items.push({ item, important, bytes })
  }

  /** A name may be written in the way it was before there were readings. */
  async #withNewName(path: string, item: Item): Promise<Item> {
    if (path !== this.#nameOf(item)) await rename(path, this.#nameOf(item))
    return item
  }

  #nameOf(item: Item): string {
    return this.#path({ item, important: false }, 'last')
  }

  #goneOf({ generation, ...filed }: Gone): string {
    return this.#path(filed, { gone: generation })
  }

  #path({ item, important }: Filed, condition: Condition = 'whole'): string {
    return join(this.#folder, fileName({ item, important, condition }))
  }

  /** One sync of the folder covers every rename before it, so items that come fast share it. */
  #syncFolder(): Promise<void> {
    if (this.#next) return this.#next
    const turn = this.#running
      .catch(() => {})
      .then(() => {
        this.#next = null
        return this.#handle?.sync()
      })
    this.#next = turn
    this.#running = turn
    return turn
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}
