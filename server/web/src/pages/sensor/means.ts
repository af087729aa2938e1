import { type ReadonlySignal, signal } from '@preact/signals'
import type { List } from '../../api/bodies.ts'
import { get } from '../../api/client.ts'
import type { TakenReading } from '../../api/sensor-bodies.ts'
import { listOf } from './numbers.ts'

/** So many readings of each state are averaged: more change little, and each is a kilobyte. */
const EACH = 40
/** Of so many states; more lines nobody tells apart. */
const MOST_STATES = 8

/** What readings of each state look like: the newest of those that are labelled. */
export class Means {
  readonly #path: string
  readonly #readings = signal<ReadonlyMap<string, number[][]>>(new Map())
  #loading = new AbortController()

  /** @param id `device/sensor` */
  constructor(id: string) {
    this.#path = `/api/sensors/${id}/readings`
  }

  /** By state; those without any are not named. */
  get readings(): ReadonlySignal<ReadonlyMap<string, number[][]>> {
    return this.#readings
  }

  /** @param labelled states that have labels. Never rejects: the plot does without what cannot be had */
  async load(labelled: string[]) {
    this.#loading.abort()
    this.#loading = new AbortController()
    const { signal: ending } = this.#loading
    const found = await Promise.all(
      labelled.slice(0, MOST_STATES).map(async (label): Promise<[string, number[][]]> => {
        const { items } = await get<List<TakenReading>>(this.#path, { label, limit: EACH }, ending).catch(() => NONE)
        return [label, items.map(({ value }) => listOf(value)).filter(({ length }) => length > 0)]
      }),
    )
    if (!ending.aborted) this.#readings.value = new Map(found.filter(([, readings]) => readings.length > 0))
  }

  close() {
    this.#loading.abort()
  }
}

const NONE: List<TakenReading> = { items: [], next: null }
