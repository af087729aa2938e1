import type { Mask, Region } from '@ajar/models'
import type { CameraRef } from '@ajar/protocol'

/** What an operator sets of a camera. */
export interface CameraSettings {
  /** Names the camera can be in. */
  states: string[]
  /** Results of less confidence are `unknown`. */
  threshold: number
  /** So many agreeing results change the state. */
  debounce: number
  staleAfterMs: number
  /** What its states are told by; null: all of the frame. */
  region: Region | null
  /** What nobody may see: blackened in every frame before it is kept. */
  masks: Mask[]
}

export interface Camera extends CameraRef, CameraSettings {
  /** `device/camera` */
  id: string
  /** `device/camera@version`, or null before the first training. */
  activeModel: string | null
  createdAt: number
}
