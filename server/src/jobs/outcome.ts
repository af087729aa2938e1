import type { JobRow } from '../database/schema.ts'
import { isDiskTrouble } from '../database/until-written.ts'
import { HttpError } from '../http/errors.ts'
import type { LineLevel } from './handlers.ts'
import type { JobKind } from './kinds.ts'
import { WorkerLostError } from './worker/messages.ts'

/** Why a job was told to end. */
export type Stop = 'cancelled' | 'timeout' | 'closing'

/** What one attempt came to: what is to be written of the job, and said in its log. */
export interface Outcome {
  change: Partial<JobRow>
  line: { level: LineLevel; text: string }
}

/** An error that says what to do keeps its code in the job. */
interface JobError {
  code: string
  message: string
}

const FIRST_WAIT_MS = 2000
/** Nobody waits longer for a disk that was full. */
export const LONGEST_WAIT_MS = 10 * 60_000
const MINUTE = 60_000

export const CANCELLED: JobError = { code: 'cancelled', message: 'the job was cancelled' }

/** A job that has taken the server or its worker down so often is not begun again by itself. */
export const MOST_CRASHES = 3

export function interrupted(times: number): JobError {
  const message =
    `the server or its job worker ended ${times} times while this job ran: see their logs, then ask for ` +
    'the job again'
  return { code: 'interrupted', message }
}

/** @param random 0..1: those that failed together do not come back together */
export function waitAfter(failures: number, random: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS) * (0.5 + random / 2)
}

export function doneWith(result: object): Outcome {
  const change = { state: 'done', progress: 1, phase: null, result_json: JSON.stringify(result) } as const
  return { change, line: { level: 'info', text: 'done' } }
}

export function failedWith(error: JobError): Outcome {
  const change = { state: 'failed', error_json: JSON.stringify(error) } as const
  return { change, line: { level: 'error', text: `failed (${error.code}): ${error.message}` } }
}

/**
 * What a job comes to whose handler threw, or did not end.
 * @param job as it was begun: `starts` counts this attempt
 */
export function afterError(
  job: JobRow,
  kind: JobKind,
  error: unknown,
  stop: Stop | null,
  { now, random }: { now(): number; random(): number },
): Outcome {
  // Stopped in order, it runs again and is none the worse.
  if (stop === 'closing') {
    const goesOn = kind.isFollowed ? 'it goes on, and is followed again' : 'it runs again'
    return putBack(job, `the server stops; ${goesOn} after the next start`)
  }
  if (stop === 'cancelled') {
    const change = { state: 'cancelled', error_json: JSON.stringify(CANCELLED) } as const
    return { change, line: { level: 'info', text: 'cancelled' } }
  }
  if (stop === 'timeout') return failedWith(timedOut(kind))
  if (error instanceof WorkerLostError && error.inOrder)
    return putBack(job, 'the job worker was told to end; the job runs again')
  const said = errorOf(error)
  if (!isEnvironments(error)) return failedWith(said)
  const failures = job.failures + 1
  if (failures >= kind.attempts)
    return failedWith(
      error instanceof WorkerLostError
        ? interrupted(job.starts)
        : { ...said, message: `${said.message} (tried ${failures} times)` },
    )
  const waitMs = waitAfter(failures, random())
  const text =
    `put off for ${Math.ceil(waitMs / 1000)} s after attempt ${failures} of ${kind.attempts} ` +
    `(${said.code}): ${said.message}`
  return {
    change: {
      state: 'queued',
      failures,
      run_at: Math.round(now() + waitMs),
      error_json: JSON.stringify({ code: said.code, message: `${said.message}; it is tried again` }),
    },
    line: { level: 'warn', text },
  }
}

function putBack({ starts }: JobRow, text: string): Outcome {
  return { change: { state: 'queued', starts: starts - 1 }, line: { level: 'info', text } }
}

function timedOut({ title, timeLimitMs }: JobKind): JobError {
  const limit = timeLimitMs < MINUTE ? `${timeLimitMs / 1000} seconds` : `${timeLimitMs / MINUTE} minutes`
  const message =
    `the ${title} took longer than ${limit} and was stopped: its log says how far it came, and the server's log ` +
    'what else was going on; then ask for it again'
  return { code: 'timeout', message }
}

/** Whether the machine is at fault, and not whoever asked or we: then it may go well the next time. */
function isEnvironments(error: unknown): boolean {
  if (error instanceof WorkerLostError || isDiskTrouble(error)) return true
  if (error instanceof HttpError) return error.status === 503
  return (error as { fault?: unknown } | null)?.fault === 'environment'
}

function errorOf(error: unknown): JobError {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error) }
  if (isDiskTrouble(error)) return { code: 'storage_held', message: `the disk took nothing (${error.message})` }
  const { code } = error as Error & { code?: unknown }
  return { code: typeof code === 'string' ? code : 'failed', message: error.message }
}
