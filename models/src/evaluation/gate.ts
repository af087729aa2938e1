/** How a frame was judged by a head that had learned from no frame within ten minutes of it. */
export interface TestFrame {
  frame: string
  /** Its label then. */
  truth: string
  said: string
  confidence: number
}

/** A candidate and the active model on the same frames, from which neither had learned, with the labels as they were. */
export interface Gate {
  frames: number
  /** Balanced accuracies, 0..1. */
  candidate: number
  active: number
  /** Frames that the active model had right and the candidate has wrong, and the reverse. */
  lost: number
  gained: number
  /** Frames whose label says otherwise now. */
  relabelled: number
  worse: boolean
  /** On frames labelled since the active model was made; null where there are too few. */
  since: { frames: number; candidate: number; active: number } | null
  /** Where it is worse: by how much, and what to do. */
  reason: string | null
}
