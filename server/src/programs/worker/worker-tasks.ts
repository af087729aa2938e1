import { boxOfMachine } from '../../sandbox/machine.ts'
import type { SelfTest } from '../../sandbox/self-test/self-test.ts'
import { describeLanguages } from '../languages.ts'
import type { MachineReport } from '../machine/report.ts'
import { performProgram } from '../perform/perform-program.ts'
import type { Message, Outcome, ProgramLimits, ProgramRequest } from '../program.ts'
import { Together } from './together.ts'

/** What a program is run with. */
export interface ProgramTask {
  request: ProgramRequest
  limits: ProgramLimits
}

/** What is told on the way. */
export interface ProgramTold {
  messages: Message[]
}

/** Whether boxes hold here, and what languages there are. */
export async function describe(selfTest: () => Promise<SelfTest>): Promise<MachineReport> {
  const [tested, { weak }, languages] = await Promise.all([selfTest(), boxOfMachine(), describeLanguages()])
  return {
    ...{ failed: tested.ok ? [] : tested.failed, weak },
    languages: languages.flatMap(({ version, missing: _, ...shown }) =>
      version === null ? [] : [{ ...shown, version }],
    ),
  }
}

/** Runs a program. @returns once all that it said is on its way @throws the signal's reason */
export async function runProgram(
  { request, limits }: ProgramTask,
  tell: (told: ProgramTold) => Promise<void>,
  signal: AbortSignal,
): Promise<Outcome> {
  const together = new Together<Message>(
    (messages) => tell({ messages }),
    ({ data }) => data.length,
  )
  try {
    return await performProgram(request, limits, (messages) => together.add(messages), signal)
  } finally {
    await together.flush()
  }
}
