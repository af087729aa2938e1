import type { StepName } from '../step-names.ts'

/**
 * How far a redeploy is: `runs/<job>.json`, replaced as a whole at each change. Beside it `<job>.log`, a `RunLine` of JSON a
 * line. Fields are only added: the server of another release reads them.
 */
export interface Run {
  v: 1
  job: string
  by: string
  ref: string | null
  /** The release that is to run, once it has a name. */
  release: string | null
  /** The release that ran before; null where that was a checkout. */
  from: string | null
  /** Full commit id, version, and who signed it, once they are known. */
  commit: string | null
  version: string | null
  signer: string | null
  step: StepName | null
  /** 0..1 */
  progress: number
  /** `refused`: nothing was switched. `went_back`: it was, and the release before runs again. */
  state: 'running' | 'kept' | 'refused' | 'went_back'
  /** Why it is not kept. */
  code: string | null
  message: string | null
  /** Milliseconds UTC. */
  startedAt: number
  endedAt: number | null
  /** For so long no release answered well, in milliseconds, as the health gate saw it; null: nobody looked all the time. */
  downMs: number | null
  /** Whether the release before answers well again; null where it did not go back, or not yet. */
  answersAgain: boolean | null
}

export interface RunLine {
  /** Milliseconds UTC. */
  at: number
  step: StepName | null
  level: 'info' | 'warn' | 'error'
  text: string
}
