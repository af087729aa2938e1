import { reasonOf } from '../failure.ts'
import { type Log, worthALine } from '../log.ts'
import type { Gone, ItemFiles } from './files.ts'
import { type Item, type Kind, keyOf, type Untimed } from './item.ts'

const RECORD = 'dropped.json'
/** Counts are written when so many were dropped since the last time: an empty file each until then, and syncs for all of them. */
const FOLD_AT = 64
/** While counts cannot be written, so many empty files are remembered to be removed; a start finds the rest. */
const REMEMBERED = 10_000

/** What was dropped and is not written down yet. */
interface Tally {
  generation: number
  counts: Map<string, number>
  gone: Gone[]
  /** Files on their way to be `*.gone`. */
  pending: Set<Promise<void>>
}

export interface CountsParts {
  files: ItemFiles
  log: Log
  /** What becomes of the file of a dropped item once it is counted. */
  bury: (gone: Gone) => Promise<void>
}

/**
 * How many items of each source were dropped since the outbox was made, exact across SIGKILL and power cuts at any instant:
 * - Dropping renames an item to `*.gone7`, where 7 is the generation of counts that it belongs to: one step, after which it is
 *   counted and not waiting. Then it is truncated, which frees its room.
 * - Now and then the counts are written to `dropped.json`, with the number of the last generation in them; what is dropped meanwhile
 *   belongs to the next. The folder is synced before (or a power cut could bring back an item that the counts have), the record and its
 *   name are synced after that, and then the files of the generation are removed.
 * - A start adds what it finds of later generations to the written counts, and removes what it finds of those that are in it.
 */
export class DroppedCounts {
  readonly #parts: CountsParts
  readonly #totals = new Map<string, number>()
  /** The counts of all generations before the open one. */
  readonly #written = new Map<string, number>()
  #open = newTally(1)
  /** Whether the record lacks anything. */
  #unwritten = false
  #folding: Promise<void> | null = null
  #failures = 0

  constructor(parts: CountsParts) {
    this.#parts = parts
  }

  get total(): number {
    return this.#totals.values().reduce((sum, count) => sum + count, 0)
  }

  of(source: { kind: Kind; source: string }): number {
    return this.#totals.get(keyOf(source)) ?? 0
  }

  /** Takes over what an earlier run wrote and what it left. */
  async start(found: Gone[]): Promise<void> {
    const { folded, counts } = recordOf(await this.#parts.files.readRecord(RECORD))
    for (const [key, count] of counts) {
      this.#written.set(key, count)
      this.#totals.set(key, count)
    }
    this.#open = newTally(found.reduce((last, { generation }) => Math.max(last, generation), folded + 1))
    for (const gone of found) {
      if (gone.generation > folded) this.#count(this.#open, gone.item)
      this.#open.gone.push(gone)
    }
    this.#unwritten = found.length > 0
    await this.fold()
  }

  /** Drops an item of the outbox. Never rejects: what cannot be renamed is counted all the same. */
  async drop(filed: { item: Item | Untimed; important: boolean }): Promise<void> {
    const tally = this.#open
    const gone = { ...filed, generation: tally.generation }
    const dropping = this.#parts.files.drop(gone).then(
      () => {
        if (tally.gone.length < REMEMBERED) tally.gone.push(gone)
      },
      // Its file is missing, or the disk is broken; a start may find it again.
      () => this.#parts.files.remove(filed).catch(() => {}),
    )
    const counted = dropping.then(() => this.#count(tally, filed.item))
    tally.pending.add(counted)
    await counted
    tally.pending.delete(counted)
    if (tally === this.#open && tally.gone.length >= FOLD_AT) await this.fold()
  }

  /** Counts an item that never came to be in the outbox. */
  refuse(item: Item | Untimed): void {
    this.#count(this.#open, item)
  }

  /** Writes down what was dropped until now, where there is anything. Never rejects. */
  async fold(): Promise<void> {
    while (this.#folding) await this.#folding
    if (!this.#unwritten && this.#open.pending.size === 0) return
    this.#folding = this.#fold()
    await this.#folding
  }

  async #fold(): Promise<void> {
    const { files, log, bury } = this.#parts
    const closing = this.#open
    this.#open = newTally(closing.generation + 1)
    this.#unwritten = false
    await Promise.all(closing.pending)
    for (const [key, count] of closing.counts) this.#written.set(key, (this.#written.get(key) ?? 0) + count)
    try {
      await files.sync()
      await files.writeRecord(RECORD, { folded: closing.generation, counts: Object.fromEntries(this.#written) })
      this.#failures = 0
      for (const gone of closing.gone) await bury(gone)
    } catch (error) {
      this.#failures++
      if (worthALine(this.#failures)) {
        log.warn(`the counts of dropped items cannot be written (${reasonOf(error)}): check the disk under dataDir`)
      }
      // Their counts are in #written already; the next fold writes them.
      this.#unwritten = true
      this.#open.gone.unshift(...closing.gone)
    }
    this.#folding = null
  }

  #count(tally: Tally, item: Item | Untimed): void {
    const key = keyOf(item)
    this.#unwritten = true
    tally.counts.set(key, (tally.counts.get(key) ?? 0) + 1)
    this.#totals.set(key, (this.#totals.get(key) ?? 0) + 1)
  }
}

function newTally(generation: number): Tally {
  return { generation, counts: new Map(), gone: [], pending: new Set() }
}

function recordOf(record: unknown): { folded: number; counts: [string, number][] } {
  const { folded, counts } = (record ?? {}) as { folded?: unknown; counts?: unknown }
  const pairs = typeof counts === 'object' && counts !== null ? Object.entries(counts) : []
  return {
    folded: isCount(folded) ? folded : 0,
    counts: pairs.filter((pair): pair is [string, number] => isCount(pair[1])),
  }
}

/** A record that a disk has garbled must not make a status that the server refuses. */
function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
