/** What the server tells its worker. A task is followed by its inputs: one, then the next when the worker asks. */
export type ToWorker =
  /** @property connections how many the worker is to have: it does as many pieces of work at once */
  | { kind: 'welcome'; connections: number }
  | { kind: 'begin'; id: number; task: string; params: object }
  | { kind: 'input'; id: number; input: unknown }
  /** There are no more inputs. */
  | { kind: 'complete'; id: number }
  | { kind: 'cancel'; id: number }
  /** The worker ends; whoever started it starts it again when it is needed. */
  | { kind: 'leave' }

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** What a worker tells the server. */
export type FromWorker =
  | { kind: 'hello'; pid: number; startedAtMs: number }
  /** The task takes another input. */
  | { kind: 'next'; id: number }
  /** For the log: of a task, or of the worker itself. The server's level for workers says what is kept. */
  | { kind: 'log'; id: number | null; level: LogLevel; text: string }
  /** On the way: progress, or a part of the result. */
  | { kind: 'told'; id: number; message: unknown }
  | { kind: 'done'; id: number; result: unknown }
  /** @property fault whose it is, where the task knows */
  | { kind: 'failed'; id: number; code: string; message: string; fault?: string }

/** Between a worker and the process of a task the same is said, without an id. */
export type ToTask =
  /** @property mark a line of its own that the process prints, on both outputs, behind what the task printed */
  { kind: 'begin'; params: object; mark: string } | { kind: 'input'; input: unknown } | { kind: 'complete' }
export type FromTask =
  /** It has taken up what it was told to begin: a process that is used again may have ended an instant before. */
  { kind: 'begun' } | { kind: 'next' } | { kind: 'told'; message: unknown } | LastOfTask

/** What is said last of a task. @property again the process takes another one */
export type LastOfTask =
  | { kind: 'done'; result: unknown; again?: boolean }
  | { kind: 'failed'; code: string; message: string; fault?: string; again?: boolean }

/** A worker that is told to end says so of the task that it gives up. */
export const LEAVING = 'worker_leaves'

/** A piece of work for another process. */
export interface Work {
  /** Its line in `worker-task.ts`. */
  task: string
  /** Whose work it is: stands in the lines that the log has of it. */
  job?: string
  params: object
  /** Sent one by one, as fast as the task takes them. */
  inputs: AsyncIterable<unknown>
  /** Told what the task tells on the way; the next waits until this one is dealt with. */
  onMessage(message: unknown): Promise<void> | void
  limitMs: number
}

/** Work that did not end well; `code` says why: the task's own, or `cancelled`, `timeout`, `crashed`. */
export class WorkError extends Error {
  readonly code: string
  /** Whose it is, where the task knows: `caller`, `environment`, `us`. */
  readonly fault: string | undefined
  constructor(code: string, message: string, fault?: string) {
    super(message)
    this.code = code
    this.fault = fault
  }
}

/** The worker went in the middle of it, which says nothing about the work: it can be done again. */
export class WorkerLostError extends Error {
  readonly code = 'worker_lost'
  /** It was told to end: the work has no part in that. */
  readonly inOrder: boolean
  constructor(message: string, { inOrder = false } = {}) {
    super(message)
    this.inOrder = inOrder
  }
}
