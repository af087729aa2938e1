/** What ended a hold: all that was wanted came, its time was over, nothing came, somebody, the server, or a fault. */
export const HOLD_ENDS = ['count', 'time', 'silence', 'stopped', 'closed', 'fault'] as const
export type HoldEnd = (typeof HOLD_ENDS)[number]

/** What is asked of a hold: so many readings, or all that come in so many seconds. */
export interface Asked {
  state: string
  /** Whoever holds the door: the labels are theirs. */
  author: string
  readings: number
  /** Null: as long as it takes, within `LONGEST_S`. */
  seconds: number | null
}

export const MOST_READINGS = 5000
export const LONGEST_S = 600

/** One state, held while the readings of one sensor are labelled with it. Times are milliseconds UTC. */
export interface Hold extends Asked {
  /** Of the sensor. */
  source: string
  /** Readings that carry the label. */
  got: number
  /** Readings that came meanwhile and do not. */
  refused: number
  /** Why the last of these does not; null where all do. */
  reason: string | null
  startedAt: number
  /** When it ends at the latest. */
  endsAt: number
  endedAt: number | null
  /** Null until it has ended and all that it took is labelled: `got` is final then. */
  endedBy: HoldEnd | null
}

export function newHold(source: string, asked: Asked, startedAt: number): Hold {
  const endsAt = startedAt + (asked.seconds ?? LONGEST_S) * 1000
  return { source, ...asked, got: 0, refused: 0, reason: null, startedAt, endsAt, endedAt: null, endedBy: null }
}

/** Labelled readings per second from its start until now, or until its end. */
export function perSecond({ got, startedAt, endedAt }: Hold, now: number): number {
  return got / Math.max(1, ((endedAt ?? now) - startedAt) / 1000)
}
