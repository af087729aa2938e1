import type { LabBody, LanguageBody, MessageBody, Mode, Speaker } from '../../api/program-bodies.ts'
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
  /** What it said: of some ends only ajar's own words in it tell. */
  lines: readonly MessageBody[]
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

/** What ajar says near the end of a run that came to no good end, and what that is in short. */
const REASONS: [Speaker, RegExp, string][] = [
  ['console', /^The build failed/, 'It could not be built'],
  ['stderr', /^<interrupted> : Maximum .* memory limit reached/, 'It took too much memory'],
  ['stderr', /^<interrupted> : Maximum .* processes limit reached/, 'It began too many processes'],
  ['internal_error', /printed (more than|too much)/, 'It printed too much'],
]
/** The reason is one of the last lines. */
const LAST = 3

/** How a run ended. */
export function endInWords({ status, outcome, wasStopped, lines }: End): InWords {
  if (wasStopped) return { tone: 'plain', text: 'Stopped' }
  if (outcome === 'FAILURE' && lines.length > 0 && lines.every(({ type }) => type === 'internal_error'))
    return { tone: 'bad', text: 'Not run' }
  const reason = status === 0 ? undefined : reasonOf(lines.slice(-LAST))
  if (reason !== undefined) return { tone: 'bad', text: `${reason} (exit status ${status})` }
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

/** @returns what is odd about a program whose files are in none of its languages or in others; null where nothing is */
export function filesInWords(
  { title, endings, name }: Pick<LanguageBody, 'title' | 'endings' | 'name'>,
  used: readonly Pick<LanguageBody, 'title' | 'name'>[],
): string | null {
  if (used.some((one) => one.name === name)) return null
  const own = `No file is in ${title}, whose files end in ${endings.join(' or ')}`
  if (used.length === 0) return `${own}: there is nothing to run.`
  return `${own}: it runs as ${used.map((one) => one.title).join(', ')}.`
}

function reasonOf(lines: readonly MessageBody[]): string | undefined {
  return REASONS.find(([speaker, words]) => lines.some(({ type, data }) => type === speaker && words.test(data)))?.[2]
}
