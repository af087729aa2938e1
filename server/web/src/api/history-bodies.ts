/** The past of a camera in as much detail as can be shown, as the server's routes answer it. */

export interface HistoryBody {
  /** How long each bucket is, in milliseconds. */
  width: number
  /** When the first result of its whole history was captured; null without any. */
  since: string | null
  /** Oldest first; those without a result are left out. */
  items: BucketBody[]
}

/** The results of a stretch of time, taken together. */
export interface BucketBody {
  /** Its begin. */
  at: string
  results: number
  /** Results by state. */
  states: Record<string, number>
  /** 0..1; null where no result has any. */
  confidence: ConfidenceBody | null
}

export interface ConfidenceBody {
  mean: number
  min: number
  /** The frame that had it. */
  minFrame: string
  max: number
  maxFrame: string
}

/** How long a camera was in a state within a span, and how often it came into it. */
export interface TimeInStateBody {
  state: string
  seconds: number
  entered: number
}
