import { Supervised } from '@ajar/supervised'
import { JobWorker } from './jobs/worker/job-worker.ts'
import { createLog } from './logging/logging.ts'
import { readAll, SHARED, settingsOrExit } from './read-settings.ts'

/** The job worker's process: does what takes long for the server of the same data folder. SIGTERM and SIGINT end it. */

/** A server that does not listen any more does not keep the process alive. */
const CLOSE_LIMIT_MS = 3000

process.umask(0o077)
// Not all settings: what reads those loads much of the server, and this process waits most of the time.
const settings = settingsOrExit(() => readAll(SHARED, process.env))
const worker = new JobWorker({
  dataDir: settings.dataDir,
  entry: new URL('./worker-task.ts', import.meta.url),
  log: createLog(settings.logLevel, 'worker'),
})
// What takes long is done by another process: this one answers, or something is wrong with it.
const supervised = new Supervised({ isAlive: () => true })
const endInOrder = supervised.endsInOrder(() => worker.close(), CLOSE_LIMIT_MS)
supervised.ready()
await worker.run()
endInOrder()
