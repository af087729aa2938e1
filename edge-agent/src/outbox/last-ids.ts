import { reasonOf } from '../failure.ts'
import type { Log } from '../log.ts'
import type { Filed, Gone, ItemFiles } from './files.ts'
import { type Item, type Kind, keyOf, nameOf, type Untimed } from './item.ts'

/** What keeps the name of a source's newest item on disk: the item itself, a file of its name only, or what a drop left. */
type Holder = 'item' | 'name' | 'gone'

/**
 * The newest item of each source that ever was durable, and what still says so on disk (guarantee 5): its name stays until a newer
 * one is durable, also when the item is gone. So no id is ever given to other bytes, whatever crashes. Nothing here rejects: a file
 * that cannot be removed costs room, and one duplicate after the next start.
 */
export class LastIds {
  readonly #files: ItemFiles
  readonly #log: Log
  readonly #newest = new Map<string, { item: Item; holder: Holder }>()

  constructor(files: ItemFiles, log: Log) {
    this.#files = files
    this.#log = log
  }

  /** Time of the newest item of a source, or 0. */
  of(source: { kind: Kind; source: string }): number {
    return this.#newest.get(keyOf(source))?.item.atMs ?? 0
  }

  /** An item is durable, or a start found what is left of it. The name of one that is not the newest any more goes. */
  async heed({ kind, source, atMs }: Item, holder: Holder): Promise<void> {
    const item = { kind, source, atMs }
    const before = this.#newest.get(keyOf(item))
    if (before && before.item.atMs > atMs) {
      if (holder === 'name') await this.#removeName(item)
    } else {
      this.#newest.set(keyOf(item), { item, holder })
      if (before?.holder === 'name' && before.item.atMs < atMs) await this.#removeName(before.item)
    }
  }

  /** The server has the item: it leaves the disk. */
  async remove(filed: Filed<Item>): Promise<void> {
    const { item } = filed
    if (!this.#isNewest(item)) return await this.#tidy(this.#files.remove(filed), item)
    await this.#tidy(this.#files.keepName(filed), item)
    await this.#nowKeptByName(item)
  }

  /** The item is being dropped; `bury` comes when that has been counted. */
  dropping(item: Item): void {
    if (this.#isNewest(item)) this.#newest.set(keyOf(item), { item, holder: 'gone' })
  }

  /** What is left of a dropped item leaves the disk, but for the name of the newest. */
  async bury(gone: Gone): Promise<void> {
    const { item } = gone
    if ('boot' in item || !this.#isNewest(item)) return await this.#tidy(this.#files.bury(gone), item)
    await this.#tidy(this.#files.buryButName(gone, item), item)
    await this.#nowKeptByName(item)
  }

  /** Puts a source back to an item of earlier, or to none. */
  async goBack(source: { kind: Kind; source: string }, to: Item | undefined): Promise<void> {
    const before = this.#newest.get(keyOf(source))
    this.#newest.delete(keyOf(source))
    if (to) await this.heed(to, 'item')
    if (before?.holder === 'name') await this.#removeName(before.item)
  }

  #isNewest(item: Item): boolean {
    return this.of(item) === item.atMs
  }

  /** A newer item may have become durable while the file was renamed; then nobody else removes this name. */
  async #nowKeptByName({ kind, source, atMs }: Item): Promise<void> {
    const item = { kind, source, atMs }
    if (this.#isNewest(item)) this.#newest.set(keyOf(item), { item, holder: 'name' })
    else await this.#removeName(item)
  }

  async #removeName(item: Item): Promise<void> {
    await this.#tidy(this.#files.removeName(item), item)
  }

  async #tidy(work: Promise<void>, item: Item | Untimed): Promise<void> {
    await work.catch((error) =>
      this.#log.warn(`${nameOf(item)} could not be cleared from the outbox: ${reasonOf(error)}`),
    )
  }
}
