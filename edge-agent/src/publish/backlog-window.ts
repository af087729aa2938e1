/** At most so many items of a backlog are in flight; `delivery.ts` keeps the rest of its window for what tells of now. */
const LARGEST = 6
/** What a live frame may take longer than twice the best before the backlog gives way: less is noise. */
const NOISE_MS = 100
/** So many of the backlog without a live frame in between: nobody is in its way, and it may grow by itself. */
const UNDISTURBED = 8

/**
 * How many items of the backlog may be in flight, so that what tells of now is not stuck behind it. All go through one TCP connection
 * in order, so a live frame waits for whatever was handed over before it; on a slow line that is seconds for a few hundred kB.
 *
 * It is TCP's own rule one level higher: one more in flight with each live frame that came through well, half of it as soon as one took
 * clearly longer from send to PUBACK than the best frame of this connection. So no rate has to be configured or measured, a fast line
 * is filled within seconds, and with nothing live to disturb the backlog has all of the window. It begins at one, on each connection, and
 * is never less, so that the backlog always comes forward. The best time is not forgotten: where a line becomes slower for good, the
 * backlog rather goes slowly than in the way.
 */
export class BacklogWindow {
  #size = 1
  #bestMs = Number.POSITIVE_INFINITY
  #halvedAt = Number.NEGATIVE_INFINITY
  #undisturbed = 0

  /** Items of the backlog that may be in flight, 1 to 6. */
  get size(): number {
    return this.#size
  }

  /** A frame of the backlog was sent and acknowledged at these times (monotonic milliseconds). */
  drained(sentAt: number, acknowledgedAt: number): void {
    this.#bestMs = Math.min(acknowledgedAt - sentAt, this.#bestMs)
    if (++this.#undisturbed >= UNDISTURBED) this.#grow()
  }

  /** The same of a frame that tells of now. */
  live(sentAt: number, acknowledgedAt: number): void {
    const took = acknowledgedAt - sentAt
    this.#bestMs = Math.min(took, this.#bestMs)
    this.#undisturbed = 0
    if (took <= this.#bestMs * 2 + NOISE_MS) this.#grow()
    // One that was sent before the window was halved tells of the window before.
    else if (sentAt >= this.#halvedAt) {
      this.#size = Math.max(1, Math.floor(this.#size / 2))
      this.#halvedAt = acknowledgedAt
    }
  }

  #grow(): void {
    this.#size = Math.min(LARGEST, this.#size + 1)
    this.#undisturbed = 0
  }
}
