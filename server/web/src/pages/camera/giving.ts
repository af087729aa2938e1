import { type ReadonlySignal, signal } from '@preact/signals'

/** What came of giving something to a camera. */
export type Gift =
  | { camera: string; state: 'waiting' | 'under way' | 'given' }
  | { camera: string; state: 'refused'; why: string }

/** Gives the same to several cameras, one after the other: what one refuses, the next may still take. */
export class Giving {
  readonly #give: (camera: string) => Promise<unknown>
  readonly #gifts = signal<Gift[]>([])

  /** @param give to one camera; rejects with the reason */
  constructor(give: (camera: string) => Promise<unknown>) {
    this.#give = give
  }

  get gifts(): ReadonlySignal<Gift[]> {
    return this.#gifts
  }

  async giveTo(cameras: string[]) {
    this.#gifts.value = cameras.map((camera) => ({ camera, state: 'waiting' }))
    for (const camera of cameras) {
      this.#say({ camera, state: 'under way' })
      try {
        await this.#give(camera)
        this.#say({ camera, state: 'given' })
      } catch (error) {
        this.#say({ camera, state: 'refused', why: (error as Error).message })
      }
    }
  }

  #say(gift: Gift) {
    this.#gifts.value = this.#gifts.value.map((one) => (one.camera === gift.camera ? gift : one))
  }
}
