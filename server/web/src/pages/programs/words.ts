import type { LabBody, Mode, Speaker } from '../../api/program-bodies.ts'
import { counted } from '../../design/words.ts'

/** How modes are chosen, and what their button says. */
export const MODES: Record<Mode, { name: string; action: string }> = {
  run: { name: 'run', action: 'Run' },
  submit: { name: 'submit: run all cases', action: 'Submit' },
  compile: { name: 'compile only', action: 'Compile' },
  prove: { name: 'prove', action: 'Prove' },
  prove_flow: { name: 'examine the flow', action: 'Examine' },
  prove_flow_report_all: { name: 'examine the flow, tell all', action: 'Examine' },
  prove_report_all: { name: 'prove, tell all', action: 'Prove' },
}

/** Who says a line. */
export const KINDS: Record<Speaker, string> = {
  console: 'step',
  stdout: 'output',
  stderr: 'error',
  internal_error: 'ajar',
}

export interface End {
  status: number
  outcome: 'SUCCESS' | 'FAILURE'
  /** Somebody pressed Stop. */
  wasStopped: boolean
}

export interface InWords {
  tone: 'good' | 'bad' | 'plain'
  text: string
}

/** Shells tell of a signal by adding this to its number. */
const BY_SIGNAL = 128
const TIME_OVER = 124
const SIGNALS: Record<number, string> = {
  4: 'it came to an instruction that is none',
  6: 'it gave up by abort()',
  8: 'it divided by zero or the like',
  9: 'it was killed',
  11: 'it touched memory that is not its own',
  13: 'nobody read what it wrote',
  25: 'a file grew too large',
  31: 'it made a system call that is not allowed',
}

/** How a run ended. */
export function endInWords({ status, outcome, wasStopped }: End): InWords {
  if (wasStopped) return { tone: 'plain', text: 'Stopped' }
  if (status === TIME_OVER) return { tone: 'bad', text: 'Its time was over (exit status 124)' }
  if (status > BY_SIGNAL && status < BY_SIGNAL + 65) {
    const signal = status - BY_SIGNAL
    const why = SIGNALS[signal]
    return { tone: 'bad', text: `Ended by signal ${signal}${why ? `: ${why}` : ''} (exit status ${status})` }
  }
  if (status !== 0) return { tone: 'bad', text: `Ended with exit status ${status}` }
  return outcome === 'SUCCESS' ? { tone: 'good', text: 'Done (exit status 0)' } : { tone: 'bad', text: 'It failed' }
}

/** `2 of 3 cases passed` */
export function labInWords({ cases, success }: LabBody): InWords {
  const all = Object.values(cases)
  const passed = all.filter(({ status }) => status === 'Success').length
  return { tone: success ? 'good' : 'bad', text: `${passed} of ${counted(all.length, 'case')} passed` }
}
