import { fork } from 'node:child_process'
import type { TrainedResult, TrainerMessage, TrainerTask } from './trainer-messages.ts'

const TIME_LIMIT_MS = 15 * 60_000

/** A training that did not end well; `code` says why. */
export class TrainingError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * Runs one training in a process of its own.
 * @param onMessage told of progress and of embeddings as they come
 * @throws TrainingError of the trainer, `cancelled`, `timeout` or `crashed`
 */
export function runTrainer(
  task: TrainerTask,
  signal: AbortSignal,
  onMessage: (message: Extract<TrainerMessage, { kind: 'progress' | 'embedded' }>) => void,
): Promise<TrainedResult> {
  if (signal.aborted) return Promise.reject(new TrainingError('cancelled', 'training was cancelled'))
  const child = fork(new URL('./trainer.ts', import.meta.url), { serialization: 'advanced', stdio: 'inherit' })
  return new Promise<TrainedResult>((resolve, reject) => {
    const stop = (code: string, message: string) => {
      reject(new TrainingError(code, message))
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => stop('timeout', 'training took more than 15 minutes'), TIME_LIMIT_MS)
    const onAbort = () => stop('cancelled', 'training was cancelled')
    signal.addEventListener('abort', onAbort, { once: true })
    child.on('message', (message: TrainerMessage) => {
      if (message.kind === 'done') resolve(message.result)
      else if (message.kind === 'failed') reject(new TrainingError(message.code, message.message))
      else onMessage(message)
    })
    child.on('error', (error) => stop('crashed', error.message))
    child.on('exit', (status, killed) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      reject(new TrainingError('crashed', `the training process ended (${killed ?? status})`)) // no effect after an answer
    })
    child.send(task)
  })
}
