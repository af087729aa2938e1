import { Supervised } from '@ajar/supervised'
import { JobWorker } from './jobs/worker/job-worker.ts'
import { createLog } from './logging/logging.ts'
import { readSettings, type Settings } from './settings.ts'

/** The job worker's process: does what takes long for the server of the same data folder. SIGTERM and SIGINT end it. */

const BAD_USE = 2
const FAILED = 1
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
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop)
// Whoever started us with an IPC channel is gone: nobody would stop us later.
if (process.connected) process.once('disconnect', stop)
supervised.ready()
await worker.run()
process.exit(0)

function settingsOrExit(): Settings {
  try {
    return readSettings(process.env)
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(BAD_USE)
  }
}

function stop() {
  setTimeout(() => process.exit(FAILED), CLOSE_LIMIT_MS).unref()
  supervised.stopping()
  void worker.close()
}
