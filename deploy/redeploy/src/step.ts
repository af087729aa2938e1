import type { Home } from './home/home.ts'
import type { Run, RunLine } from './home/run.ts'
import type { Host } from './host.ts'
import type { Request } from './requests/request.ts'
import type { RedeploySettings } from './settings.ts'

/** What a step works with. */
export interface StepContext {
  home: Home
  host: Host
  settings: RedeploySettings
  request: Request
  /** As it is on the disk; `change` writes it. */
  run: Readonly<Run>
  change(change: Partial<Run>): void
  log(level: RunLine['level'], text: string): void
  /** Ends the programs that a step runs. */
  signal: AbortSignal
}

/** Run again after a kill it must leave what one run leaves. @throws RedeployError */
export type Step = (context: StepContext) => Promise<void>

/** Why a release does not run. */
export class RedeployError extends Error {
  readonly code: string
  /** `release`: it is marked bad. `caller`: who asked, or signed. `environment`: a full disk, no network. */
  readonly fault: 'release' | 'caller' | 'environment'
  constructor(code: string, fault: RedeployError['fault'], message: string) {
    super(message)
    this.code = code
    this.fault = fault
  }
}
