/** A line this slow still counts as one: 1 kB/s, and at last an eighth of that. Milliseconds a byte. */
const SLOW = 1
const SLOWEST = 8
/** No byte takes longer than the system itself tries to send it (Linux gives up after about as much). */
const LONGEST_MS = 900_000
/** An answer may take so much longer than the last ones did. */
const VARIATION = 4

/**
 * How long the server may take for its next answer. On a good line a late answer means a dead connection; on a bad one (a
 * third of the packets lost: 2 kB/s) a picture of 100 kB needs a minute, and an agent that cuts and begins it again after half
 * of that never gets one through. So the limit grows with the bytes that have to get there first, once an answer did
 * not come in time, and shrinks again when answers come faster.
 */
export class Patience {
  readonly #answerMs: number
  #msPerByte = 0

  /** @param answerMs what any answer may take, milliseconds */
  constructor(answerMs: number) {
    this.#answerMs = answerMs
  }

  /** Milliseconds for the answer to so many bytes, once all before them were answered. */
  limitMs(bytes: number): number {
    return this.#answerMs + Math.min(LONGEST_MS, bytes * this.#msPerByte)
  }

  answered(bytes: number, tookMs: number): void {
    this.#msPerByte = Math.min(this.#msPerByte, (VARIATION * tookMs) / bytes)
  }

  unanswered(): void {
    this.#msPerByte = Math.min(SLOWEST, Math.max(SLOW, 2 * this.#msPerByte))
  }
}
