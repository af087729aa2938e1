import { Supervised } from '@ajar/supervised'
import { JobWorker } from './jobs/worker/job-worker.ts'
import { createLog } from './logging/logging.ts'
import { readSettings, type Settings } from './settings.ts'

/** The job worker's process: does what takes long for the server of the same data folder. SIGTERM and SIGINT end it. */

const BAD_USE = 2
/** A server that does not listen any more does not keep the process alive. */
const CLOSE_LIMIT_MS = 3000

process.umask(0o077)
const settings = settingsOrExit()
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

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(BAD_USE)
  }
}
