/** Whoever restarts this process when it ends or falls silent. */
export interface Supervisor {
  /** So often it wants to hear of us, in milliseconds. */
  readonly beatEveryMs: number
  ready(): void
  beat(): void
  stopping(): void
}

/** Finds a supervisor in what this process was started with; null where it has none of that kind. */
export type FindSupervisor = () => Supervisor | null
