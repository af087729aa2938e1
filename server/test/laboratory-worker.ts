import { JobWorker } from '../src/jobs/worker/job-worker.ts'
import { createLog } from '../src/logging/logging.ts'

/** A job worker, as `worker.ts` is, that does the operations of tests. */
const worker = new JobWorker({
  dataDir: process.env.AJAR_DATA_DIR ?? '',
  entry: new URL('./laboratory-tasks.ts', import.meta.url),
  log: createLog('silent'),
})
process.once('SIGTERM', () => void worker.close())
process.once('disconnect', () => void worker.close())
await worker.run()
process.exit(0)
