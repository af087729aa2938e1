import type { TestContext } from 'vitest'
import { needs } from '../../test/setup/needs.ts'
import type { BoxEnd, BoxedCommand, BoxLimits } from '../src/sandbox/box.ts'
import { boxOfMachine } from '../src/sandbox/machine.ts'
import { runInBox } from '../src/sandbox/run-in-box.ts'

// Whoever runs the tests, as an ordinary user or root, boxes are to hold: see sandbox-users.test.ts.
process.env.AJAR_PROGRAMS_SAME_USER ??= '1'

const MIB = 1024 * 1024

/** Of tests: generous in time, since a busy machine is no fault of a box. */
export const BOX_LIMITS: BoxLimits = {
  ms: 30_000,
  memoryBytes: 256 * MIB,
  processes: 30,
  folderBytes: 16 * MIB,
  printedBytes: 100_000,
}

export interface Boxed extends BoxEnd {
  stdout: string
  stderr: string
}

type Wanted = Partial<Omit<BoxedCommand, 'command' | 'limits'>> & { limits?: Partial<BoxLimits> }

/** Runs a command in a box that has nothing but what is said, and collects what it prints. */
export async function boxed(command: BoxedCommand['command'], wanted: Wanted = {}): Promise<Boxed> {
  const printed = { stdout: '', stderr: '' }
  const end = await runInBox({
    ...{ command, environment: {}, files: null, keeps: null, input: null, user: 'run', shows: [] },
    signal: new AbortController().signal,
    onOutput: (from, chunk) => {
      printed[from] += Buffer.from(chunk).toString()
    },
    ...wanted,
    limits: { ...BOX_LIMITS, ...wanted.limits },
  })
  return { ...end, ...printed }
}

export function shell(script: string): BoxedCommand['command'] {
  return ['/bin/sh', '-c', script]
}

/** Skips a test where no box can be had, and says why; fails it in CI. */
export async function needsBoxes(context: TestContext): Promise<void> {
  const { missing } = await boxOfMachine()
  needs(missing.length === 0, missing.map(({ what, mend }) => `${what}: ${mend}`).join('; '), context)
}
