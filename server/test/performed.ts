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

/** @param files contents by name */
export async function perform(
  files: Record<string, string>,
  wanted: Partial<Omit<ProgramRequest, 'files'>> & { limits?: Partial<ProgramLimits>; signal?: AbortSignal } = {},
): Promise<Performed> {
  const { limits, signal = new AbortController().signal, ...rest } = wanted
  const messages: Message[] = []
  const outcome = await performProgram(
    {
      files: Object.entries(files).map(([basename, contents]) => ({ basename, contents })),
      ...{ main: '', mode: 'run', switches: {}, name: 'test', lab: false },
      ...rest,
    },
    { ...PROGRAM_LIMITS, ...limits },
    (told) => messages.push(...told),
    signal,
  )
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
