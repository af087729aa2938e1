import type { Mask } from '@ajar/models'
import type { CameraRef } from '@ajar/protocol'

/** Region of interest in fractions of the frame. */
export interface Box {
  x: number
  y: number
  width: number
  height: number
}

/** What an operator sets of a camera. */
export interface CameraSettings {
  /** Names the camera can be in. */
  states: string[]
  /** Results of less confidence are `unknown`. */
  threshold: number
  /** So many agreeing results change the state. */
  debounce: number
  staleAfterMs: number
  box: Box | null
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
