import type { Mask, Region, VectorView } from '@ajar/models'

/**
 * What sees a state: a camera by its frames, a sensor by its readings, and a door by the results of both. Its id is
 * `device/name`; tables, topics and filters that are older than sensors with states call that `camera`.
 */
export type SourceKind = 'camera' | 'sensor' | 'door'

/** What an operator sets of a source. */
export interface SourceSettings {
  /** Names of what it can be in. */
  states: string[]
  /** Results of less confidence are `unknown`. */
  threshold: number
  /** So many agreeing results change the state. */
  debounce: number
  staleAfterMs: number
  /** Of a camera: what its states are told by; null: all of the frame. */
  region: Region | null
  /** Of a camera: what nobody may see, blackened in every frame before it is kept. */
  masks: Mask[]
  /** Of a sensor: how its readings are seen; null until the first of them, or somebody, says how long they are. */
  vector: VectorView | null
}

export interface Source extends SourceSettings {
  /** `device/name` */
  id: string
  kind: SourceKind
  device: string
  name: string
  /** `device/name@version`, or null before the first training. */
  activeModel: string | null
  /** The source whose model is asked about this one's readings; null: its own. */
  follows: string | null
  createdAt: number
}
