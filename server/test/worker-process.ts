import { JobWorker } from '../src/jobs/worker/job-worker.ts'
import { createLog } from '../src/logging/logging.ts'

/** A job worker, as `worker.ts` is, whose tasks are those of `worker-tasks.ts`. */
const worker = new JobWorker({
  dataDir: process.env.AJAR_DATA_DIR ?? '',
  entry: new URL('./worker-tasks.ts', import.meta.url),
  log: createLog('silent'),
  idleMs: Number(process.env.AJAR_TEST_IDLE_MS ?? 20_000),
})
process.once('SIGTERM', () => void worker.close())
process.once('disconnect', () => void worker.close())
await worker.run()
process.exit(0)
