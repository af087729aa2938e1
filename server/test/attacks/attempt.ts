import type { Message, Outcome, ProgramLimits, ProgramRequest } from '../../src/programs/program.ts'
import type { BoxEnd, BoxedCommand, BoxLimits } from '../../src/sandbox/box.ts'

/** A box that is asked for in another process, by a line of JSON; bytes are told in base64. */
export interface Attempt
  extends Pick<BoxedCommand, 'command' | 'environment' | 'keeps' | 'user' | 'shows'>,
    Record<'files' | 'input', string | null> {
  id: number
  limits: BoxLimits
  /** Its signal comes so long after its start, or never. */
  abortAfterMs: number | null
}

/** What came of it. Of what was printed the first million bytes. */
export interface Came {
  id: number
  end: (Omit<BoxEnd, 'kept'> & { kept: string | null }) | null
  /** Where it rejected. */
  error: string | null
  stdout: string
  stderr: string
  /** Of all that it printed. */
  printedBytes: number
}

/** A whole program that is asked for likewise, as the programs worker performs it. */
export interface Asked {
  id: number
  request: ProgramRequest
  limits: ProgramLimits
}

/** What came of that, with all that its user is told. */
export interface Told {
  id: number
  outcome: Outcome | null
  messages: Message[]
  error: string | null
}
