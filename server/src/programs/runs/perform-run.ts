import type { JobContext } from '../../jobs/handlers.ts'
import type { Work } from '../../jobs/worker/messages.ts'
import type { Outcome, ProgramLimits } from '../program.ts'
import type { ProgramTask, ProgramTold } from '../worker/worker-tasks.ts'
import { type ProgramRuns, STOPPED } from './program-runs.ts'
import type { RunEnd } from './run.ts'

export interface PerformRunPorts {
  runs: ProgramRuns
  limits: ProgramLimits
  /** Has work done by the worker. @throws WorkError, WorkerLostError */
  perform(work: Work, signal: AbortSignal): Promise<unknown>
  /** Why none is run now; null: they are. */
  refusal(): string | null
}

/** The steps of a run have limits of their own, far below that; its job waits longer. */
const LIMIT_MS = 8 * 60_000

/** What a job of kind `program` is told. */
export interface RunJob {
  run: string
}

/** Why a job of a run failed: nobody tries it again. */
class RunError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * The handler of jobs of kind `program`. What a program did before its worker ended is done, so none is run twice: one
 * that was begun before has failed, and says so already.
 */
export async function performRun({ runs, ...ports }: PerformRunPorts, { id, params, signal }: JobContext) {
  const { run } = params as unknown as RunJob
  const request = await runs.rows.begin(run)
  if (!request) throw new RunError('interrupted', 'it was begun before, and the server or its worker ended meanwhile')
  const refusal = ports.refusal()
  try {
    if (refusal !== null) throw new RunError('programs_off', refusal)
    const task: ProgramTask = { request, limits: ports.limits }
    const outcome = (await ports.perform(
      {
        ...{ task: 'program', job: id, params: task, inputs: nothing(), limitMs: LIMIT_MS },
        onMessage: (told) => runs.say(run, (told as ProgramTold).messages),
      },
      signal,
    )) as Outcome
    await runs.end(run, { ...outcome, messages: [] })
    return {} // jobs are listed to everybody, and what came of a program is its user's alone
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown }
    await runs.end(run, endOf(code, message, signal.aborted, runs.isStopped(run)))
    throw new RunError(typeof code === 'string' ? code : 'failed', message)
  }
}

async function* nothing(): AsyncGenerator<never, undefined> {}

function endOf(code: unknown, message: string, wasEnded: boolean, isStopped: boolean): RunEnd {
  if (wasEnded) return isStopped ? STOPPED : failure(ENDED)
  if (code === 'worker_lost') return failure(LOST)
  if (code === 'timeout') return failure(`it was ended, for all of it together may take ${LIMIT_MS / 60_000} minutes`)
  if (code === 'programs_off') return failure(message)
  return failure(`it could not be run, which is no fault of the program: ${message}`)
}

const ENDED = 'it was ended by whoever runs this server, or because the server itself ends: run it again'
export const LOST = 'the worker that ran it ended: run it again'

export function failure(text: string, status = 1): RunEnd {
  return { isSuccess: false, status, messages: [{ type: 'internal_error', data: text }] }
}
