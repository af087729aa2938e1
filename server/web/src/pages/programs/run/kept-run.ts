/** Which run a tab of the browser looks at: it is found again when the page was left or loaded anew. */
export interface KeptRun {
  identifier: string
  /** When it was begun or last looked at, milliseconds UTC. */
  at: number
  /** Somebody has pressed Stop. */
  wasStopped: boolean
}

/** The server keeps a run for an hour after its end. */
const KEPT_MS = 3_600_000
const keyOf = (who: string) => `ajar.programs.run.${who}`

/** @returns null where there is none, or the server has forgotten it by now */
export function readRun(who: string, now: number): KeptRun | null {
  try {
    const { identifier, at, wasStopped } = JSON.parse(sessionStorage.getItem(keyOf(who)) ?? '') as Partial<KeptRun>
    if (typeof identifier !== 'string' || typeof at !== 'number' || now - at > KEPT_MS) return null
    return { identifier, at, wasStopped: wasStopped === true }
  } catch {
    return null
  }
}

/** @param run null: none is looked at any more */
export function keepRun(who: string, run: KeptRun | null) {
  try {
    if (run) sessionStorage.setItem(keyOf(who), JSON.stringify(run))
    else sessionStorage.removeItem(keyOf(who))
  } catch {
    // Without room for it the run is not found again; it goes on all the same.
  }
}
