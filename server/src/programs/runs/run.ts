import type { Message } from '../program.ts'

/** Who has a program run. */
export interface RunOwner {
  /** `Caller.account`, or `address:IP` where no token was shown. */
  account: string
  /** For the list of jobs, which others read. */
  name: string
}

/** Who wants to know of a run, or end it. */
export interface RunReader extends Pick<RunOwner, 'account'> {
  isAdmin: boolean
}

/** A run as far as a reader does not have it yet. */
export interface RunRead {
  /** From the cursor on, in order; at most 5,000, of 256 KiB: then more are read with the next cursor. */
  messages: Message[]
  /** Exit code; 0 as long as it runs. */
  status: number
  /** It has ended, and `messages` are the last ones. */
  completed: boolean
  message: 'PENDING' | 'SUCCESS' | 'FAILURE'
}

/** How a run ended. */
export interface RunEnd {
  isSuccess: boolean
  status: number
  /** What is said last. */
  messages: Message[]
}

/** What accounts of those begin with who showed no token. */
export const OF_NOBODY = 'address:'

/** Whether somebody may read a run: it is his own, he is an admin, or neither of them showed a token, and he knows its id. */
export function mayReadRun({ account, isAdmin }: RunReader, owner: string): boolean {
  return isAdmin || account === owner || (account.startsWith(OF_NOBODY) && owner.startsWith(OF_NOBODY))
}
