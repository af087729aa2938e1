import { plainView, type VectorView } from '@ajar/models'
import { untilWritten } from '../database/until-written.ts'
import type { Sources } from './sources.ts'

/** Sensors of which nobody said how their readings are seen are as long as the first of them. */
export class FirstLength {
  readonly #sources: Pick<Sources, 'get' | 'change'>
  readonly #writing = new Map<string, Promise<unknown>>()

  constructor(sources: Pick<Sources, 'get' | 'change'>) {
    this.#sources = sources
  }

  /** Waits while the disk refuses. @returns how they are seen now; two readings may both have been the first */
  async fix(sensor: string, length: number): Promise<VectorView> {
    const given = () => this.#sources.get(sensor).vector
    const writing =
      this.#writing.get(sensor) ??
      untilWritten(async () => given() ?? this.#sources.change(sensor, { vector: plainView(length) }))
    this.#writing.set(sensor, writing)
    await writing.finally(() => this.#writing.delete(sensor))
    return given() ?? plainView(length)
  }
}
