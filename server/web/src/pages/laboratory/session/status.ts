import type { OperationBody } from '../../../api/laboratory-bodies.ts'

type Status = OperationBody['status']

/** How an operation stands, for people. */
export const STATUS: Record<Status, { name: string; tone: string }> = {
  PENDING: { name: 'waits for its turn', tone: 'plain' },
  IN_PROGRESS: { name: 'is being computed', tone: '' },
  COMPLETED: { name: 'done', tone: 'good' },
  FAILED: { name: 'failed', tone: 'bad' },
}

/** Whoever cancels it knows that it did not end: nothing went wrong. */
const CANCELLED = { name: 'cancelled', tone: 'plain' }

export function standing({ status, message }: Pick<OperationBody, 'status' | 'message'>): {
  name: string
  tone: string
} {
  return status === 'FAILED' && message === 'cancelled' ? CANCELLED : STATUS[status]
}

/** Which operations are shown: all, those of a name, or those that stand so. */
export type Filter = '' | `name ${string}` | `status ${Status}`

export function passes(filter: Filter, { name, status }: Pick<OperationBody, 'name' | 'status'>): boolean {
  return filter === '' || filter === `name ${name}` || filter === `status ${status}`
}

/** What there is to choose from among some operations. */
export function choicesOf(operations: readonly OperationBody[]): { statuses: Status[]; names: string[] } {
  const statuses = new Set(operations.map(({ status }) => status))
  return {
    statuses: (Object.keys(STATUS) as Status[]).filter((status) => statuses.has(status)),
    names: [...new Set(operations.map(({ name }) => name))].sort(),
  }
}
