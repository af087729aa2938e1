/** One labelled frame, as training and evaluation see it. */
export interface Sample {
  /** The frame's id, `device/camera/capturedAtMs`. */
  frame: string
  /** Milliseconds since 1970 UTC; evaluation splits by it. */
  capturedAtMs: number
  /** The label. */
  state: string
  /** `[0]` the frame's own embedding, then those of its augmentations (`augment`), if any. All of one length. */
  features: Float32Array[]
  /** `Pixels.brightness` of the frame, where known: lets the verdict say that the dark frames go wrong. */
  brightness?: number
  /** A frame of another camera: learned from, but not what the camera is judged by where it has frames of its own. */
  borrowed?: boolean
  /** Its label counts no more: it is judged, for two models to be compared on it, and never learned from. */
  judgeOnly?: boolean
}
