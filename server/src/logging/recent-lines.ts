import { isAtLeast, type Level } from './levels.ts'

/** A line that was logged, as it is filtered. */
export interface RecentLine {
  /** Rises while the server runs; the next start begins higher, unless the clock was set back. */
  id: number
  atMs: number
  level: Level
  component: string
  frame: string | null
  camera: string | null
  job: string | null
  /** All of it, as JSON. */
  json: string
}

/** What is asked for; what is not said is not asked. */
export interface LineFilter {
  level?: Level
  component?: string
  frame?: string
  camera?: string
  job?: string
  /** Stands somewhere in the line, whatever its case. */
  text?: string
  /** Milliseconds UTC, inclusive and exclusive. */
  from?: number
  to?: number
}

const MOST_LINES = 5000
const MOST_CHARACTERS = 4_000_000

/** The last lines, in memory, and those who read along. */
export class RecentLines {
  #lines: RecentLine[] = []
  #characters = 0
  /** A restart begins with other ids than the run before ended with, so that whoever reads on notices the gap. */
  #nextId = Date.now() * 1000
  readonly #readers = new Set<(line: RecentLine) => void>()

  add(line: Omit<RecentLine, 'id'>) {
    const kept = { id: this.#nextId++, ...line }
    this.#lines.push(kept)
    this.#characters += kept.json.length
    let gone = 0
    while (this.#lines.length - gone > MOST_LINES || this.#characters > MOST_CHARACTERS)
      this.#characters -= this.#lines[gone++]?.json.length ?? 0
    if (gone > 0) this.#lines.splice(0, gone)
    for (const read of this.#readers) read(kept)
  }

  /** The newest `limit` lines that match, the newest first. @param before only lines with a lower id */
  newest(filter: LineFilter, limit: number, before = Number.POSITIVE_INFINITY): RecentLine[] {
    const found: RecentLine[] = []
    for (let i = this.#lines.length - 1; i >= 0 && found.length < limit; i--) {
      const line = this.#lines[i] as RecentLine
      if (line.id < before && matches(line, filter)) found.push(line)
    }
    return found
  }

  /** The lines after an id, the oldest first, and whether others came between: then ids may begin anew, lower. */
  after(id: number, filter: LineFilter): { lines: RecentLine[]; isGap: boolean } {
    const first = this.#lines[0]?.id ?? this.#nextId
    const isOfOtherRun = id >= this.#nextId
    const lines = this.#lines.filter((line) => (isOfOtherRun || line.id > id) && matches(line, filter))
    return { lines, isGap: isOfOtherRun || id + 1 < first }
  }

  /** @returns what ends it */
  follow(read: (line: RecentLine) => void): () => void {
    this.#readers.add(read)
    return () => this.#readers.delete(read)
  }
}

export function matches(line: RecentLine, filter: LineFilter): boolean {
  const { level, component, frame, camera, job, text, from = 0, to = Number.POSITIVE_INFINITY } = filter
  return (
    (level === undefined || isAtLeast(line.level, level)) &&
    (component === undefined || line.component === component) &&
    (frame === undefined || line.frame === frame) &&
    (camera === undefined || line.camera === camera) &&
    (job === undefined || line.job === job) &&
    line.atMs >= from &&
    line.atMs < to &&
    (text === undefined || line.json.toLowerCase().includes(text.toLowerCase()))
  )
}
