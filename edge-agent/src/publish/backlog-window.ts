/** At most so many items of a backlog are in flight; `delivery.ts` keeps the rest of its window for what tells of now. */
const LARGEST = 6
/** What a live item may take longer than twice its best before the backlog gives way: less is noise. */
const NOISE_MS = 50
/** How quickly a best time of long ago is forgotten, with every live item: a link may have become slower for good. */
const FORGET = 1.05

/**
 * How many items of the backlog may be in flight, so that what tells of now is not stuck behind it. All go through one TCP connection
 * in order, so a live item waits for whatever was handed over before it; on a slow link that is seconds for a few hundred kB.
 *
 * It is TCP's own rule, one level higher: one more in flight with each round of acknowledgements, half of it as soon as a live item took
 * clearly longer from send to PUBACK than the best ones do. No rate has to be configured or measured, a fast link is filled within
 * seconds, and with nothing live to disturb the backlog has all of the window. It begins at one, on each connection.
 */
export class BacklogWindow {
  #size = 1
  #bestMs = Number.POSITIVE_INFINITY
  #halvedAt = Number.NEGATIVE_INFINITY

  /** Items of the backlog that may be in flight, 1 to 6. */
  get size(): number {
    return Math.floor(this.#size)
  }

  /** An item of the backlog was acknowledged. */
  drained(): void {
    this.#size = Math.min(LARGEST, this.#size + 1 / this.#size)
  }

  /** A live item was sent and acknowledged at these times (monotonic milliseconds). */
  live(sentAt: number, acknowledgedAt: number): void {
    const took = acknowledgedAt - sentAt
    this.#bestMs = Math.min(took, this.#bestMs * FORGET)
    // One that was sent before the window was halved tells of the window before.
    if (took <= this.#bestMs * 2 + NOISE_MS || sentAt < this.#halvedAt) return
    this.#size = Math.max(1, this.#size / 2)
    this.#halvedAt = acknowledgedAt
  }
}
