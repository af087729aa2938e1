import { Supervised } from '@ajar/supervised'
import { OwnProcessWorker } from './jobs/worker/own-process-worker.ts'
import { programsMeeting } from './jobs/worker/socket-path.ts'
import { createLog } from './logging/logging.ts'
import { describe, runProgram } from './programs/worker/worker-tasks.ts'
import { PROGRAMS_WORKER, readAll, settingsOrExit } from './read-settings.ts'
import { selfTest } from './sandbox/self-test/self-test.ts'

/** The process that runs programs of users, each in a box, as many at once as its server wants. SIGTERM and SIGINT end it. */

/** A server that does not listen any more does not keep the process alive, and no box does. */
const CLOSE_LIMIT_MS = 3000

process.umask(0o077)
const settings = settingsOrExit(() => readAll(PROGRAMS_WORKER, process.env))
const worker = new OwnProcessWorker({
  meeting: programsMeeting(settings.dataDir, settings.programsSocketDir),
  log: createLog(settings.logLevel, 'programs'),
  tasks: { describe: () => describe(selfTest), program: runProgram },
})
// Boxes are other processes: this one answers, or something is wrong with it.
const supervised = new Supervised({ isAlive: () => true })
const endInOrder = supervised.endsInOrder(() => worker.close(), CLOSE_LIMIT_MS)
supervised.ready()
await worker.run()
endInOrder()
