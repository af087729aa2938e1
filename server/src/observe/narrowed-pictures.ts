import sharp from 'sharp'
import { HttpError } from '../http/errors.ts'
import { InTurn } from '../in-turn.ts'

/** Widths that many ask for; others are made anew each time. Pixels. */
const SHARED_WIDTHS = [160, 320, 640, 1280]
const MOST_BYTES = 64 * 1024 * 1024
/** Narrowing takes threads that classify: a few at once. */
const MOST_AT_ONCE = 2
/** So many wait for their turn; more are told to call again. */
const MOST_WAITING = 200
const QUALITY = 80

/**
 * Pictures made smaller. Those who watch the same wall ask for the same pictures within seconds, so each is made once:
 * whoever asks while it is made waits for it, and the latest ones stay in memory.
 */
export class NarrowedPictures {
  /** The one that was asked for last stands last. */
  readonly #made = new Map<string, Buffer>()
  readonly #making = new Map<string, Promise<Buffer>>()
  readonly #turns = new InTurn(MOST_AT_ONCE, MOST_WAITING, tooManyWait)
  #bytes = 0

  /**
   * @param key names the bytes: the same key has the same picture for ever
   * @param load the JPEG, called where it is needed
   * @throws HttpError 422 where the picture does not decode, 503 where too many wait
   */
  async get(key: string, width: number, load: () => Promise<Uint8Array>): Promise<Buffer> {
    if (!SHARED_WIDTHS.includes(width)) return this.#turns.run(async () => narrowed(await load(), width))
    const name = `${key} ${width}`
    const known = this.#made.get(name)
    if (known) {
      this.#made.delete(name)
      this.#made.set(name, known)
      return known
    }
    const underWay = this.#making.get(name)
    if (underWay) return underWay
    const making = this.#turns.run(async () => narrowed(await load(), width))
    this.#making.set(name, making)
    try {
      const picture = await making
      this.#keep(name, picture)
      return picture
    } finally {
      this.#making.delete(name)
    }
  }

  #keep(name: string, picture: Buffer) {
    this.#made.set(name, picture)
    this.#bytes += picture.length
    for (const [oldest, { length }] of this.#made) {
      if (this.#bytes <= MOST_BYTES) return
      this.#made.delete(oldest)
      this.#bytes -= length
    }
  }
}

function tooManyWait(): HttpError {
  return new HttpError(503, 'busy', `${MOST_WAITING} pictures wait to be made smaller: call again later`)
}

/** @throws HttpError 422 where the stored picture does not decode */
async function narrowed(jpeg: Uint8Array, width: number): Promise<Buffer> {
  try {
    // Upright, as a browser shows the whole picture: what says how it is turned is not kept.
    const upright = sharp(jpeg).autoOrient()
    return await upright.resize({ width, withoutEnlargement: true }).jpeg({ quality: QUALITY }).toBuffer()
  } catch (error) {
    const why = (error as Error).message
    throw new HttpError(422, 'not_decodable', `this picture cannot be made smaller (${why}): ask for it as it is`)
  }
}
