import { computed, type ReadonlySignal, signal } from '@preact/signals'

/** Labels of frames by their id; null takes one away. */
export type Said = ReadonlyMap<string, string | null>

/**
 * Keeps labels on the server.
 * @param onKept told of every part of them that is kept, also where another part is refused
 * @param saidAt milliseconds UTC
 */
export type SaveLabels = (labels: Said, onKept: (part: Said) => void, saidAt: number) => Promise<void>

/** Labelled frames by state. */
export type Counts = Record<string, number>

/**
 * What the server has kept, and what was said since and is on its way there, one saying after the other. What is shown
 * is the one over the other, so a saying that fails takes nothing with it that was said before or after it.
 */
export class Labels {
  readonly #save: SaveLabels
  readonly #kept = signal<Said>(new Map())
  readonly #keptCounts = signal<Counts>({})
  readonly #pending = signal<Said[]>([])
  readonly #saving = new Map<Said, Promise<void>>()
  #last: Promise<unknown> = Promise.resolve()
  /** What was said since, by frame: it hides what is kept. */
  readonly #said = computed(() => new Map(this.#pending.value.flatMap((said) => [...said])))

  /** Labelled frames of the camera by state. */
  readonly counts: ReadonlySignal<Counts> = computed(() => {
    const counts = { ...this.#keptCounts.value }
    for (const [id, label] of this.#said.value) recount(counts, this.#kept.value.get(id), label)
    return counts
  })

  constructor(save: SaveLabels) {
    this.#save = save
  }

  /** Resolves when all that was said until now is kept, rejects where some of it could not be. */
  get kept(): Promise<void> {
    return Promise.all(this.#saving.values()).then(() => {})
  }

  of(frame: string): string | null {
    const said = this.#said.value.get(frame)
    return said === undefined ? (this.#kept.value.get(frame) ?? null) : said
  }

  /** What the server answers of frames. */
  know(labels: Said) {
    this.#kept.value = new Map([...this.#kept.value, ...labels])
  }

  /** Shows labels at once, and keeps them. @param onFailed told how many of them could not be kept */
  say(labels: Said, onFailed: (error: unknown, count: number) => void) {
    this.#pending.value = [...this.#pending.value, labels]
    let left = labels.size
    const onKept = (part: Said) => {
      left -= part.size
      this.#keep(part)
    }
    const saidAt = Date.now()
    const saved = this.#inTurn(() => this.#save(labels, onKept, saidAt))
    this.#saving.set(labels, saved)
    const end = () => {
      this.#saving.delete(labels)
      this.#pending.value = this.#pending.value.filter((one) => one !== labels)
    }
    saved.then(end, (error) => {
      end()
      onFailed(error, left)
    })
  }

  /** Asks for the counts between two sayings: an answer that knows half of one would count the other half twice. */
  count(ask: () => Promise<Counts>): Promise<void> {
    return this.#inTurn(async () => {
      this.#keptCounts.value = await ask()
    })
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  #keep(part: Said) {
    const counts = { ...this.#keptCounts.value }
    for (const [id, label] of part) recount(counts, this.#kept.value.get(id), label)
    this.#keptCounts.value = counts
    this.know(part)
  }
}

function recount(counts: Counts, before: string | null | undefined, after: string | null) {
  if (before) counts[before] = (counts[before] ?? 0) - 1
  if (after) counts[after] = (counts[after] ?? 0) + 1
}
