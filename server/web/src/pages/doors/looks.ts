import { type ReadonlySignal, signal } from '@preact/signals'
import { get } from '../../api/client.ts'
import type { VectorView } from '../../api/sensor-bodies.ts'
import { Means } from '../sensor/means.ts'
import { meanOf, type Part } from '../sensor/numbers.ts'

/** How readings of a sensor are looked at, and what its labelled ones look like. */
export interface Look {
  view: VectorView | null
  /** By state of the sensor: numbers of labelled readings. */
  readings: ReadonlySignal<ReadonlyMap<string, number[][]>>
}

/** Looks of the sensors that see a door, each asked for once, when it is first drawn. */
export class Looks {
  readonly #known = new Map<string, { look: ReadonlySignal<Look | null>; means: Means }>()

  /** Null until it is here, and where it cannot be had: a reading is drawn without. */
  of(source: string): ReadonlySignal<Look | null> {
    const known = this.#known.get(source)
    if (known) return known.look
    const look = signal<Look | null>(null)
    const means = new Means(source)
    this.#known.set(source, { look, means })
    get<{ source?: { states: string[]; vector: VectorView | null } | null }>(`/api/sensors/${source}`).then(
      (sensor) => {
        look.value = { view: sensor.source?.vector ?? null, readings: means.readings }
        void means.load(sensor.source?.states ?? [])
      },
      () => {}, // the sensor may be gone
    )
    return look
  }

  close() {
    for (const { means } of this.#known.values()) means.close()
  }
}

/** What readings look like on average in each state of the door. @param saidOf the state of the door that one of the sensor says */
export function meansOfDoor(
  { view, readings }: Look,
  states: string[],
  saidOf: (state: string) => string | null,
): { state: string; parts: Part[] }[] {
  const all = [...readings.value]
  return states.flatMap((state) => {
    const parts = meanOf(
      all.flatMap(([own, of]) => (saidOf(own) === state ? of : [])),
      view,
    )
    return parts ? [{ state, parts }] : []
  })
}
