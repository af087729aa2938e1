import type { TestContext } from 'vitest'
import { needs } from '../../test/setup/needs.ts'
import { findLanguage, LANGUAGES } from '../src/programs/languages.ts'
import { performProgram } from '../src/programs/perform/perform-program.ts'
import type { Message, Outcome, ProgramLimits, ProgramRequest } from '../src/programs/program.ts'

const MIB = 1024 * 1024

/** Of tests: generous in time, since a busy machine is no fault of a program. */
export const PROGRAM_LIMITS: ProgramLimits = { ms: 30_000, memoryBytes: 256 * MIB, processes: 100 }

export interface Performed extends Outcome {
  messages: Message[]
  /** Lines of one kind. */
  of(type: Message['type']): string[]
}

type Wanted = Partial<Omit<ProgramRequest, 'files'>> & { limits?: Partial<ProgramLimits> }

/** @param files contents by name */
export async function perform(
  files: Record<string, string>,
  wanted: Wanted & { signal?: AbortSignal } = {},
): Promise<Performed> {
  const { signal = new AbortController().signal, ...rest } = wanted
  const { request, limits } = requestOf(files, rest)
  const messages: Message[] = []
  const outcome = await performProgram(request, limits, (told) => messages.push(...told), signal)
  return performedOf(outcome, messages)
}

export function requestOf(files: Record<string, string>, { limits, ...wanted }: Wanted) {
  const request: ProgramRequest = {
    files: Object.entries(files).map(([basename, contents]) => ({ basename, contents })),
    ...{ main: '', mode: 'run', switches: {}, name: 'test', lab: false },
    ...wanted,
  }
  return { request, limits: { ...PROGRAM_LIMITS, ...limits } }
}

export function performedOf(outcome: Outcome, messages: Message[]): Performed {
  return {
    ...outcome,
    messages,
    of: (type) => messages.filter((one) => one.type === type).map(({ data }) => data),
  }
}

/** Skips a test, and says why, where a language is not installed; fails it in CI. */
export async function needsLanguage(name: string, context: TestContext): Promise<void> {
  const language = LANGUAGES.find((one) => one.name === name)
  if (!language) throw new Error(`there is no language ${name}`)
  const error = await findLanguage(language).then(
    () => null,
    (reason: Error) => reason,
  )
  needs(error === null, error?.message ?? '', context)
}
