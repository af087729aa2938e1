export type TaskErrorCode =
  /** What it printed is not what the protocol wants. */
  | 'no_status'
  | 'empty_status'
  | 'bad_status'
  | 'no_outfile'
  | 'bad_outfile'
  /** It took more than it may. */
  | 'timeout'
  | 'too_much_memory'
  | 'too_many_processes'
  | 'too_much_output'
  /** It said so itself, or ended as programs do that fail. */
  | 'task_failed'
  /** It could not be started. */
  | 'not_started'
  /** What it wrote is none of the forms that are read. */
  | 'bad_result'

/** Why a run of a task came to nothing, for whoever asked for it: what was wrong, and what to do. */
export class TaskError extends Error {
  readonly code: TaskErrorCode
  readonly fault: 'caller' | 'environment'
  constructor(code: TaskErrorCode, message: string, fault: 'caller' | 'environment' = 'caller') {
    super(message)
    this.code = code
    this.fault = fault
  }
}
