const COMPACT_AT = 1024

/**
 * Things in the order of their times. What an outbox does all day, adding the newest and taking either end, costs the same
 * however many there are: `Array.shift` would move 50,000 places for each frame of a backlog.
 */
export class Timeline<Thing> {
  readonly #timeOf: (thing: Thing) => number
  #things: (Thing | undefined)[] = []
  /** Where the oldest stands; the places before it are empty, and cut off now and then. */
  #head = 0

  constructor(timeOf: (thing: Thing) => number) {
    this.#timeOf = timeOf
  }

  get length(): number {
    return this.#things.length - this.#head
  }

  get oldest(): Thing | undefined {
    return this.#things[this.#head]
  }

  get newest(): Thing | undefined {
    return this.length > 0 ? this.#things.at(-1) : undefined
  }

  /** Puts a thing in its place, behind those of the same time. */
  add(thing: Thing): void {
    const time = this.#timeOf(thing)
    if (this.#head > 0 && (this.oldest === undefined || this.#timeOf(this.oldest) > time)) {
      this.#things[--this.#head] = thing
      return
    }
    this.#things.splice(this.#placeAfter(time), 0, thing)
  }

  takeOldest(): Thing | undefined {
    const oldest = this.oldest
    if (oldest === undefined) return undefined
    this.#things[this.#head++] = undefined
    if (this.#head >= COMPACT_AT && this.#head * 2 > this.#things.length) {
      this.#things.splice(0, this.#head)
      this.#head = 0
    }
    return oldest
  }

  takeNewest(): Thing | undefined {
    return this.length > 0 ? this.#things.pop() : undefined
  }

  /** Takes out those from `fromMs` to `toMs`, both included. Times of things are whole milliseconds. */
  takeBetween(fromMs: number, toMs: number): Thing[] {
    const from = this.#placeAfter(Math.ceil(fromMs) - 1)
    return this.#things.splice(from, this.#placeAfter(toMs) - from) as Thing[]
  }

  /** The first place whose thing is of a later time. */
  #placeAfter(time: number): number {
    let [low, high] = [this.#head, this.#things.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#timeOf(this.#things[middle] as Thing) <= time) low = middle + 1
      else high = middle
    }
    return low
  }
}
