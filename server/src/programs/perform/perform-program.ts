import type { BoxEnd, BoxLimits } from '../../sandbox/box.ts'
import { BoxError } from '../../sandbox/box.ts'
import { runInBox } from '../../sandbox/run-in-box.ts'
import { tarOf } from '../../sandbox/tar.ts'
import { type FoundLanguage, MissingTool, type Plan, PlanError, type Step } from '../language.ts'
import { findLanguage, languageOf } from '../languages.ts'
import type { Message, Outcome, ProgramLimits, ProgramRequest, SourceFile } from '../program.ts'
import { PROVING } from '../proving.ts'
import { typed } from './arguments.ts'
import { endingOf, TIME_OVER, tooMuch } from './ending.ts'
import { givenTo } from './given.ts'
import { type CaseResult, caseResult, whyFailed } from './lab.ts'
import { cut, linesOf } from './lines.ts'
import { inMegabytes, PRINTED, PrintedBudget } from './printed.ts'

/** A build may take longer and more than a run. */
const buildLimits = (limits: ProgramLimits): ProgramLimits => ({
  ...limits,
  ms: limits.ms * 3,
  memoryBytes: limits.memoryBytes * 2,
})
/** All cases of a lab together may take so many times what a run may. */
const LAB_RUNS = 4
/** What a build may leave for a run. */
const BUILT_BYTES = 32e6

/**
 * Builds and runs what somebody wrote, in boxes: one per step, so that what builds leaves no process for what runs.
 * @param tell is given what there is to say, a chunk of output at a time
 * @returns once nothing of it runs any more. What is wrong with the request, or missing on this machine, is told as a
 *   message `internal_error` like the rest
 * @throws the signal's reason
 */
export async function performProgram(
  request: ProgramRequest,
  limits: ProgramLimits,
  tell: (messages: Message[]) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return outcome(await perform(request, limits, tell, signal))
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof PlanError || error instanceof MissingTool || error instanceof BoxError)) throw error
    tell([{ type: 'internal_error', data: error.message }])
    return outcome(1)
  }
}

const outcome = (status: number): Outcome => ({ status, isSuccess: status === 0 })

/** What all boxes of one run share. */
interface Run {
  found: FoundLanguage
  limits: ProgramLimits
  budget: PrintedBudget
  tell(messages: Message[]): void
  signal: AbortSignal
}

/** @returns the exit code */
async function perform(
  request: ProgramRequest,
  limits: ProgramLimits,
  tell: (messages: Message[]) => void,
  signal: AbortSignal,
): Promise<number> {
  // Whoever wrote the cases wrong is told so before anything is built.
  const { files, words, cases } = givenTo(request)
  const language = languageOf({ files, main: request.main })
  const found = await findLanguage(language)
  const plan = found.plan({ ...request, files }, limits)
  const run: Run = { found, limits, budget: new PrintedBudget(PRINTED), tell, signal }

  // What a prover prints is what was asked for; what a builder prints is a complaint, wherever it prints it.
  const complains = PROVING[request.mode] === undefined
  const built = await build(run, archive(files, plan), plan, complains)
  if (built.status !== 0 || !plan.run) return built.status
  const program = built.program
  if (!cases) return (await boxed(run, plan.run, { files: program, words, limits })).status

  const results: Record<string, CaseResult> = {}
  const endsAt = performance.now() + limits.ms * LAB_RUNS
  for (const one of cases) {
    const left = Math.min(limits.ms, Math.ceil(endsAt - performance.now()))
    const ref = one.number
    const isRun = left > 0 && !run.budget.isSpent
    const ended = isRun
      ? await boxed(run, plan.run, { files: program, words: one.in, limits: { ...limits, ms: left }, ref })
      : notRun(run, ref)
    const result = caseResult(one, ended.printed, ended.status, cases.length)
    results[ref] = result
    // No word of the program's own: who reads what it wrote to standard error is not to find this there.
    if (isRun && result.status === 'Failed') tell([{ type: 'console', data: whyFailed(result, ended.status), ref }])
  }
  const success = Object.values(results).every(({ status }) => status === 'Success')
  tell([{ type: 'lab', data: JSON.stringify({ success, cases: results }) }])
  return success ? 0 : 1
}

function notRun({ tell, limits }: Run, ref: string): { status: number; printed: string[] } {
  const seconds = (limits.ms * LAB_RUNS) / 1000
  const most = `take ${seconds} seconds and print ${inMegabytes(PRINTED.bytes)} MB or ${PRINTED.lines} lines`
  tell([{ type: 'internal_error', data: `Not run: all cases together may ${most}.`, ref }])
  return { status: TIME_OVER, printed: [] }
}

/** @throws PlanError: a file has a name that no file may have, or that of one which it is built with */
function archive(files: readonly SourceFile[], plan: Plan): Uint8Array {
  const own = new Set(files.map(({ basename }) => basename))
  const twice = plan.files.find(({ basename }) => own.has(basename))
  if (twice) throw new PlanError(`${twice.basename} is written by the server for every program: call yours otherwise.`)
  try {
    return tarOf(
      [...files, ...plan.files].map(({ basename, contents }) => ({ path: basename, bytes: Buffer.from(contents) })),
    )
  } catch (error) {
    if (error instanceof RangeError) throw new PlanError(`A file cannot be called so: ${error.message}.`)
    throw error
  }
}

/** @returns what lies in the working folder at the end of the last step */
async function build(
  run: Run,
  files: Uint8Array,
  plan: Plan,
  complains: boolean,
): Promise<{ status: number; program: Uint8Array }> {
  const limits = buildLimits(run.limits)
  let program = files
  for (const [index, step] of plan.build.entries()) {
    const isNeeded = plan.run !== null || index < plan.build.length - 1
    const ended = await boxed(run, step, { files: program, words: [], limits, isBuild: true, isNeeded, complains })
    if (ended.status !== 0) {
      run.tell([{ type: 'console', data: `The build failed with exit status ${ended.status}.` }])
      return { status: ended.status, program }
    }
    if (!isNeeded) break
    if (!ended.kept)
      throw new PlanError(`What was built takes more than ${inMegabytes(BUILT_BYTES)} MB, which is the limit.`)
    program = ended.kept
  }
  return { status: 0, program }
}

interface Boxed {
  files: Uint8Array
  /** Arguments. */
  words: readonly string[]
  limits: ProgramLimits
  ref?: string
  isBuild?: boolean
  /** What it leaves is needed. */
  isNeeded?: boolean
  /** Its standard output is told as standard error. */
  complains?: boolean
}

/** One command in one box, told line by line. */
async function boxed(
  run: Run,
  step: Step,
  { files, words, limits, ref, isBuild = false, isNeeded = false, complains = false }: Boxed,
): Promise<{ status: number; printed: string[]; kept: BoxEnd['kept'] }> {
  const tell = (messages: Message[]) =>
    run.tell(
      messages.map(({ type, data }) => ({
        type: complains && type === 'stdout' ? 'stderr' : type,
        data,
        ...(ref !== undefined && { ref }),
      })),
    )
  const shown = [step.shown, ...(words.length > 0 ? [typed(words)] : [])].join(' ')
  tell([{ type: 'console', data: cut(shown) }])

  const flood = new AbortController()
  const lines = linesOf(tell, run.budget, () => flood.abort())
  const ended = async () => {
    try {
      return await runInBox({
        command: [step.command[0], ...step.command.slice(1), ...words],
        environment: step.environment,
        files,
        keeps: isNeeded ? { paths: ['.'], mostBytes: BUILT_BYTES, when: 'success' } : null,
        input: null,
        user: isBuild ? 'build' : 'run',
        shows: run.found.shows,
        limits: boxLimits(limits, run.budget),
        signal: AbortSignal.any([run.signal, flood.signal]),
        onOutput: lines.take,
      })
    } catch (error) {
      if (!flood.signal.aborted) throw error
      return FLOODED
    }
  }
  const end = await ended()
  run.signal.throwIfAborted()
  lines.end()
  const { status, messages } = endingOf(flood.signal.aborted ? FLOODED : end, limits)
  if (messages.length > 0) tell(messages)
  if (flood.signal.aborted || end.exceeded === 'printed')
    run.tell([{ ...tooMuch(run.budget, isBuild), ...(ref !== undefined && { ref }) }])
  return { status, printed: lines.printed, kept: end.kept }
}

/** A program that our own count of what it printed has ended. */
const FLOODED: BoxEnd = { code: null, exceeded: 'printed', ms: 0, kept: null }

const boxLimits = ({ ms, memoryBytes, processes }: ProgramLimits, budget: PrintedBudget): BoxLimits => ({
  ms,
  memoryBytes,
  processes,
  // Files are memory: a program that fills both folders has as much of that left for itself.
  folderBytes: Math.floor(memoryBytes / 4),
  printedBytes: Math.max(1, budget.bytes),
})
