import { PlanError } from '../language.ts'
import { wordsOf } from './arguments.ts'
import { cut } from './lines.ts'

/** One case of a lab: what a program is given, and what it should print. */
export interface Case {
  number: string
  in: string[]
  /** Lines. */
  out: string[]
}

/** A case as it came out (WIRE.md D). */
export interface CaseResult {
  in: string[]
  out: string
  /** What was printed, without blanks at the ends of lines; of much, the beginning and a note. */
  actual: string
  status: 'Success' | 'Failed'
}

/** Of one lab: each of them is a run. */
const MOST_CASES = 50
/** Characters of what a case printed, in a message that is read as a whole: it printed them line by line already. */
const ACTUAL = { ofCase: 10_000, ofLab: 100_000 }
const LINE = /^(in|out) ?(\d{1,9}):(.*)$/

/**
 * The cases of a `lab_io.txt`, by their numbers. Lines `in N:` are arguments and `out N:` lines of standard output;
 * several of one number belong together. Other lines say nothing.
 * @throws PlanError: there are none, too many, or one without `out`
 */
export function casesOf(text: string): Case[] {
  const found = new Map<string, { in: string[]; out: string[] }>()
  for (const line of text.split(/\r?\n/)) {
    const [, kind, number = '', rest = ''] = LINE.exec(line) ?? []
    if (kind !== 'in' && kind !== 'out') continue
    const one = found.get(number) ?? { in: [], out: [] }
    found.set(number, one)
    if (kind === 'out') one.out.push(rest.trim())
    else one.in.push(...wordsOf(rest, `in ${number} of lab_io.txt`))
  }
  if (found.size === 0)
    throw new PlanError('lab_io.txt has no cases: lines such as `in 0:arguments` and `out 0:what is printed`.')
  if (found.size > MOST_CASES) throw new PlanError(`lab_io.txt has ${found.size} cases: ${MOST_CASES} are the limit.`)
  const cases = [...found]
    .map(([number, parts]) => ({ number, ...parts }))
    .sort((a, b) => Number(a.number) - Number(b.number))
  const half = cases.find(({ out }) => out.length === 0)
  if (half) throw new PlanError(`Case ${half.number} of lab_io.txt has no line \`out ${half.number}:\`.`)
  return cases
}

/**
 * Whether a program printed what was to be printed. An end of a line counts as one blank, because in older labs what takes
 * several lines is written as one; blanks at the ends of lines do not count.
 * @param cases of the lab, which share what its message may hold
 */
export function caseResult(one: Case, printed: readonly string[], code: number, cases = 1): CaseResult {
  const isRight = code === 0 && asOneLine(one.out) === asOneLine(printed)
  return {
    in: one.in,
    out: one.out.join('\n'),
    actual: cut(
      printed
        .map((line) => line.trimEnd())
        .join('\n')
        .trim(),
      Math.min(ACTUAL.ofCase, ACTUAL.ofLab / cases),
    ),
    status: isRight ? 'Success' : 'Failed',
  }
}

const asOneLine = (lines: readonly string[]) =>
  lines
    .map((line) => line.trim())
    .join(' ')
    .trim()

/** Characters of what is quoted where a case failed. */
const QUOTED = 500

/** Why a case failed, for people. @param code exit status of the program */
export function whyFailed({ actual, out }: CaseResult, code: number): string {
  if (code !== 0) return `Failed: it ended with exit status ${code}.`
  return `Wrong: it printed ${JSON.stringify(cut(actual, QUOTED))}, and ${JSON.stringify(cut(out, QUOTED))} was expected.`
}
