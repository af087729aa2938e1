import { type Item, type Kind, keyOf } from './item.ts'

/** What keeps the name of a source's newest item on disk: the item itself, a file of its name only, or what a drop left. */
type Holder = 'item' | 'name' | 'gone'

/**
 * The newest item of each source that ever was durable, and what still says so on disk (guarantee 5): its name stays until a newer one
 * is durable, also when the item is gone. So no id is ever given to other bytes.
 */
export class LastIds {
  readonly #newest = new Map<string, { item: Item; holder: Holder }>()

  /** Time of the newest item of a source, or 0. */
  of(source: { kind: Kind; source: string }): number {
    return this.#newest.get(keyOf(source))?.item.atMs ?? 0
  }

  isNewest(item: Item): boolean {
    return this.#newest.get(keyOf(item))?.item.atMs === item.atMs
  }

  /** Tells of an item on disk. Returns the name that need not be kept any more, or null. */
  heed({ kind, source, atMs }: Item, holder: Holder): Item | null {
    const item = { kind, source, atMs }
    const before = this.#newest.get(keyOf(item))
    if (before && before.item.atMs >= atMs) return holder === 'name' && before.item.atMs > atMs ? item : null
    this.#newest.set(keyOf(item), { item, holder })
    return before?.holder === 'name' ? before.item : null
  }

  /** The newest item is kept by something else now. */
  nowKeptBy(item: Item, holder: Holder): void {
    if (this.isNewest(item)) this.#newest.set(keyOf(item), { item, holder })
  }

  /** Puts a source back to an item of earlier, or to none. Returns the name that need not be kept any more, or null. */
  goBack(source: { kind: Kind; source: string }, to: Item | undefined): Item | null {
    const before = this.#newest.get(keyOf(source))
    this.#newest.delete(keyOf(source))
    if (to) this.heed(to, 'item')
    return before?.holder === 'name' ? before.item : null
  }
}
