import { ApiError, type Job } from '@ajar/local'
import { until } from '../../journeys/system.ts'
import type { Output } from '../machine.ts'
import type { SigningKey } from './signing-keys.ts'
import type { Stage } from './stage.ts'
import { type RunFile, runFiles } from './standing.ts'
import type { Edits } from './variants.ts'

/** The ways in which a redeploy is asked for. */

const TERMINAL = '/usr/local/sbin/ajar-redeploy'
const TERMINAL_LIMIT_MS = 180_000
const STEP_LIMIT_MS = 60_000

/** Puts a signed tag of this checkout, changed, into the remote. @returns the tag */
export async function publish(
  { variants, machine }: Stage,
  name: string,
  edits: Edits,
  signedBy: SigningKey | null = variants.ours,
): Promise<string> {
  const tag = variants.tag(name, { edits, signedBy })
  await variants.publish(machine)
  return tag
}

export interface Wanted {
  ref?: string
  release?: string
  force?: boolean
}

/** @returns the job */
export async function ask({ server }: Stage, wanted: Wanted): Promise<string> {
  const { id } = await server.api.send<Job>('POST', '/api/redeploy', wanted)
  return id
}

/** @returns the code of the error with which it is refused @throws Error where it is taken */
export async function refusal(asked: Promise<unknown>): Promise<string> {
  return (await errorOf(asked)).code
}

/** @returns the status with which it is refused @throws Error where it is taken */
export async function status(asked: Promise<unknown>): Promise<number> {
  return (await errorOf(asked)).status
}

async function errorOf(asked: Promise<unknown>): Promise<ApiError> {
  const answer = await asked.catch((error: unknown) => error)
  if (answer instanceof ApiError) return answer
  throw answer instanceof Error ? answer : new Error(`it was taken: ${JSON.stringify(answer)}`)
}

/** As an operator at a terminal does. */
export function atTerminal({ machine }: Stage, ...args: string[]): Promise<Output> {
  return machine.run([TERMINAL, ...args], { limitMs: TERMINAL_LIMIT_MS })
}

/** Waits until a redeploy has come to a step, or has ended. */
export async function reaches({ server }: Stage, job: string, step: RunFile['step']): Promise<void> {
  await until(async () => {
    const run = (await runFiles(server)).find((one) => one.job === job)
    return run && (run.step === step || run.state !== 'running')
  }, STEP_LIMIT_MS)
}
