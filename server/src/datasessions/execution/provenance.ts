import type { Card } from '@ajar/images'
import type { FitsOptions, InputFile } from '../operation.ts'

/** So many inputs are named in a header; how many there are is told in any case. */
const MOST_NAMED = 100
const MOST_TEXT = 200

interface Seen {
  /** `DATE-OBS`, milliseconds UTC. */
  takenAt: number | null
  unit: string | null
}

export interface ProvenanceOptions {
  operation: string
  /** What it was told besides pictures. */
  values: Readonly<Record<string, string | number>>
  files: readonly InputFile[]
  /** Milliseconds UTC. */
  now?(): number
}

/** What the header of a made picture says of where it comes from, so that a file on somebody's disk can tell it. */
export class Provenance {
  readonly #options: ProvenanceOptions
  /** Of FITS files, as far as the operation read them; by basename. */
  readonly #seen = new Map<string, Seen>()

  constructor(options: ProvenanceOptions) {
    this.#options = options
  }

  /** Notes what the header of an input says. */
  saw({ basename }: InputFile, cards: readonly Card[]) {
    if (cards.length === 0) return
    const textOf = (name: string) => cards.find(({ keyword, value }) => keyword === name && typeof value === 'string')
    const unit = textOf('BUNIT')?.value as string | undefined
    this.#seen.set(basename, { takenAt: timeIn(cards), unit: unit?.trim() || null })
  }

  /**
   * The cards of one made picture: those that the operation gives, and what they do not say already.
   * @param about which inputs it was made of; all of them unless it says
   */
  cards(given: readonly Card[], about: Pick<FitsOptions, 'of' | 'besides' | 'keepsUnit'> = {}): Card[] {
    const { of = this.#options.files, besides = [], keepsUnit = false } = about
    // When and by whom this file was made (FITS 4.0, 4.4.2.1) is not what the header of an input says of that one.
    const kept = given.filter(({ keyword }) => keyword !== 'DATE' && keyword !== 'ORIGIN')
    const has = (keyword: string) => kept.some((card) => card.keyword === keyword)
    const own: Card[] = [
      { keyword: 'DATE', value: timeText((this.#options.now ?? Date.now)()), comment: 'UTC, when this file was made' },
      { keyword: 'ORIGIN', value: 'ajar' },
    ]
    if (!has('DATE-OBS')) own.push(...this.#dates(of))
    const unit = keepsUnit && !has('BUNIT') ? this.#unitOf([...of, ...besides]) : null
    if (unit !== null) own.push({ keyword: 'BUNIT', value: unit })
    return [
      ...own,
      ...kept,
      ...this.#history([...of, ...besides]).map((comment) => ({ keyword: 'HISTORY', value: null, comment })),
    ]
  }

  /** When its inputs were taken (FITS 4.0, 9.5), where that is known of each. */
  #dates(of: readonly InputFile[]): Card[] {
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (const file of of) {
      const at = 'frame' in file.at ? file.at.frame.capturedAt : this.#seen.get(file.basename)?.takenAt
      if (at === undefined || at === null) return []
      first = Math.min(first, at)
      last = Math.max(last, at)
    }
    if (!Number.isFinite(first)) return []
    const begin: Card = { keyword: 'DATE-OBS', value: timeText(first), comment: 'UTC, of the first input' }
    if (first === last) return [begin]
    return [
      begin,
      { keyword: 'DATE-BEG', value: timeText(first), comment: 'UTC' },
      { keyword: 'DATE-END', value: timeText(last), comment: 'UTC, of the last input' },
    ]
  }

  #unitOf(of: readonly InputFile[]): string | null {
    const units = new Set(of.map(({ basename }) => this.#seen.get(basename)?.unit ?? null))
    const [unit = null] = units
    return units.size === 1 ? unit : null
  }

  #history(of: readonly InputFile[]): string[] {
    const { operation, values } = this.#options
    const told = Object.entries(values).map(([name, value]) => `  ${name} = ${String(value).slice(0, MOST_TEXT)}`)
    const names = of.slice(0, MOST_NAMED).map(({ basename }) => `  ${basename.slice(0, MOST_TEXT)}`)
    const rest = of.length > MOST_NAMED ? [`  and ${of.length - MOST_NAMED} more`] : []
    const count = `of ${of.length} ${of.length === 1 ? 'file' : 'files'}:`
    return [`ajar: ${operation}`, ...told, count, ...names, ...rest]
  }
}

/** As FITS 4.0, 9.1.1, has it: UTC without a letter for the zone. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1)
}

function timeIn(cards: readonly Card[]): number | null {
  const of = (name: string) => cards.find(({ keyword }) => keyword === name)?.value
  const [date, clock] = [of('DATE-OBS'), of('TIME-OBS')]
  if (typeof date !== 'string') return null
  const text = date.includes('T') || typeof clock !== 'string' ? date.trim() : `${date.trim()}T${clock.trim()}`
  const at = Date.parse(text.includes('T') && !/(Z|[+-]\d\d:?\d\d)$/.test(text) ? `${text}Z` : text)
  // A year of more than four digits is written otherwise.
  return at >= 0 && at < Date.UTC(10_000, 0) ? at : null
}
