import { FAULT_LENGTH } from '@ajar/protocol'

/** Whose fault an error is: who configured or called us, what surrounds us (disk, network, server), or we ourselves. */
export type Fault = 'caller' | 'environment' | 'us'

/** An error somebody can act on: `code` is stable, `message` says what to do. */
export class AgentError extends Error {
  readonly code: string
  readonly fault: Fault

  constructor(code: string, fault: Fault, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.fault = fault
  }
}

/** What to print of anything that was thrown. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
}

/** As much of a fault as a status takes. */
export function shortened(fault: string): string {
  return fault.length <= FAULT_LENGTH ? fault : `${fault.slice(0, FAULT_LENGTH - 1)}…`
}

/** The operating system's code (`ENOSPC`, `ECONNREFUSED`) of an error, or null. */
export function systemCode(thrown: unknown): string | null {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null
  return typeof code === 'string' ? code : null
}
