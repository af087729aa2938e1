import type { BoxEnd } from '../../sandbox/box.ts'
import type { Message, ProgramLimits } from '../program.ts'

/** What a shell gives to what ran out of time. */
export const TIME_OVER = 124
/** And to what was killed. */
const KILLED = 137

/**
 * The exit code of what ended, and what is said about an end that it did not choose itself.
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
      return { status: failed(end), messages: [interrupted(`${inMegabytes(limits.memoryBytes)} memory`)] }
    case 'processes':
      return { status: failed(end), messages: [interrupted(`${limits.processes} processes`)] }
    case 'printed':
      return { status: failed(end), messages: [tooMuch()] }
    case null: {
      const status = end.code ?? KILLED
      const why = SIGNALS[status]
      return { status, messages: why ? [{ type: 'stderr', data: `<ended> : ${why}` }] : [] }
    }
  }
}

/** All that a run may print. */
export const PRINTED_BYTES = 1_000_000

const tooMuch = (): Message => ({
  type: 'internal_error',
  data: `The program printed more than ${PRINTED_BYTES / 1e6} MB, which is the limit of a run: it was ended, and the rest is left out.`,
})

/** A program that was ended for what it took has not succeeded, whatever it says. */
const failed = ({ code }: BoxEnd) => (code === null || code === 0 ? KILLED : code)

const inMegabytes = (bytes: number) =>
  `${Math.round(bytes / 1e6) * 1e6 === bytes ? bytes / 1e6 : Math.round(bytes / 1024 ** 2)}MB`

/** Signals that a program gets for what it does, as a shell tells them in an exit code. */
const SIGNALS: Readonly<Record<number, string>> = {
  132: 'Illegal instruction (signal 4).',
  134: 'Aborted (signal 6).',
  135: 'Bus error (signal 7).',
  136: 'Arithmetic error, such as a division by zero (signal 8).',
  137: 'Killed (signal 9).',
  139: "Segmentation fault: memory was used that is not the program's (signal 11).",
  152: 'More processor time was used than there is (signal 24).',
  153: 'A file became larger than it may be (signal 25).',
  159: 'The system was asked for what programs may not do here (signal 31).',
}
