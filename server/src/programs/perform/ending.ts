import type { BoxEnd } from '../../sandbox/box.ts'
import type { Message, ProgramLimits } from '../program.ts'
import { inMegabytes, PRINTED, type PrintedBudget } from './printed.ts'

/** What a shell gives to what ran out of time. */
export const TIME_OVER = 124
/** And to what was killed. */
const KILLED = 137

/**
 * The exit code of what ended, and what is said where it was ended for what it took (`tooMuch` for what it printed). Of a signal, such as that of a
 * segmentation fault, the shell in the box has told already.
 * @param limits those of the box: `ms` of a build are not those of a run
 */
export function endingOf(end: BoxEnd, limits: ProgramLimits): { status: number; messages: Message[] } {
  const interrupted = (what: string): Message => ({
    type: 'stderr',
    data: `<interrupted> : Maximum ${what} limit reached.`,
  })
  switch (end.exceeded) {
    case 'time':
      return { status: TIME_OVER, messages: [interrupted(`${Math.round(limits.ms / 100) / 10}s process`)] }
    case 'memory':
      return { status: failed(end), messages: [interrupted(`${inMegabytes(limits.memoryBytes)}MB memory`)] }
    case 'processes':
      return { status: failed(end), messages: [interrupted(`${limits.processes} processes`)] }
    case 'printed':
      return { status: failed(end), messages: [] }
    case null:
      return { status: end.code ?? KILLED, messages: [] }
  }
}

/** What is said where a run, or what builds it, has printed all that it may. */
export const tooMuch = ({ lines }: PrintedBudget, isBuild: boolean): Message => ({
  type: 'internal_error',
  data: `${isBuild ? 'What builds the program' : 'The program'} printed more than ${lines < 0 ? `${PRINTED.lines} lines` : `${inMegabytes(PRINTED.bytes)} MB`}, which is the limit of a run: it was ended, and the rest is left out.`,
})

/** A program that was ended for what it took has not succeeded, whatever it says. */
const failed = ({ code }: BoxEnd) => (code === null || code === 0 ? KILLED : code)
