import { blacken, type Mask } from '@ajar/models'
import { InTurn } from '../in-turn.ts'

/** Each decodes a whole picture, in threads of libuv that others need too. */
const MOST_AT_ONCE = 2

/**
 * Blackens frames before anybody keeps them: a few at a time, off the event loop, and those of one camera come out in
 * the order they came in, for that order mints the ids of frames without a time. What waits is bounded by those who
 * wait: each is a frame that is not acknowledged yet.
 */
export class Masking {
  readonly #turns = new InTurn(MOST_AT_ONCE)
  /** The last frame of each camera that has not come out yet. */
  readonly #last = new Map<string, Promise<unknown>>()

  /**
   * @returns a new JPEG
   * @throws DecodeError where the picture cannot be decoded
   */
  async blacken(camera: string, jpeg: Uint8Array, masks: readonly Mask[]): Promise<Uint8Array> {
    const black = this.#turns.run(() => blacken(jpeg, masks))
    const out = Promise.allSettled([this.#last.get(camera), black])
    this.#last.set(camera, out)
    await out
    if (this.#last.get(camera) === out) this.#last.delete(camera)
    return black
  }
}
