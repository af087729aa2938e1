import type { Exceeded } from '../bounds/bounded.ts'
import { TaskError, type TaskErrorCode } from '../task-error.ts'

const CODES: Record<Exceeded['bound'], TaskErrorCode> = {
  time: 'timeout',
  memory: 'too_much_memory',
  processes: 'too_many_processes',
  output: 'too_much_output',
  printed: 'too_much_output',
  files: 'too_much_output',
}
const UNITS = [
  { name: 'GB', bytes: 1e9 },
  { name: 'MB', bytes: 1e6 },
  { name: 'kB', bytes: 1e3 },
]

/** Which bound a task went over, and who may raise it how. */
export function errorOf({ bound, limit, found }: Exceeded): TaskError {
  const was = found === null ? '' : ` (it was at ${bound === 'processes' ? found : size(found)})`
  const words: Record<Exceeded['bound'], string> = {
    time: `The task took longer than ${limit / 1000} s, and was ended: ${raise('seconds', 'AJAR_TASK_SECONDS')}.`,
    memory: `The task and what it started took more than ${size(limit)} of memory${was}, and were ended: ${raise('memory', 'AJAR_TASK_MEMORY')}.`,
    processes: `The task had more than ${limit} processes and threads at a time${was}, and was ended: ${raise('processes')}.`,
    output: `The task wrote more than ${size(limit)} to the disk${was}, and was ended: ${raise('output', 'AJAR_TASK_OUTPUT')}.`,
    printed: `The task printed more than ${size(limit)}, and was ended: what it prints is its log, and its result belongs into a file.`,
    files: `The task wrote more than ${limit} files, or folders deeper than a path can say, and was ended: its result is one file.`,
  }
  return new TaskError(CODES[bound], words[bound])
}

function raise(key: string, setting?: string): string {
  return `"limits": {"${key}": ...} of the task allows more${setting ? `, or ${setting} for all of them` : ''}`
}

function size(bytes: number): string {
  const unit = UNITS.find((each) => bytes >= each.bytes)
  return unit ? `${Number((bytes / unit.bytes).toPrecision(3))} ${unit.name}` : `${bytes} bytes`
}
