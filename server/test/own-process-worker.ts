import { OwnProcessWorker } from '../src/jobs/worker/own-process-worker.ts'
import { programsMeeting } from '../src/jobs/worker/socket-path.ts'
import { createLog } from '../src/logging/logging.ts'

/** A worker that does its work in its own process, as `programs-worker.ts` is, with tasks that do what a test needs. */
const worker = new OwnProcessWorker({
  meeting: programsMeeting(process.env.AJAR_DATA_DIR ?? '', process.env.AJAR_PROGRAMS_SOCKET_DIR ?? ''),
  log: createLog('silent'),
  tasks: {
    environment: async () => ({ ...process.env }),
    echo: async (params: object, tell) => {
      await tell({ pid: process.pid })
      return params
    },
    /** Says that it runs, and ends when it is told to. */
    endless: (_: object, tell, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('it was ended')), { once: true })
        void tell({ pid: process.pid })
      }),
    /** Does not end when it is told to. */
    deaf: async (_: object, tell) => {
      await tell({ pid: process.pid })
      return new Promise(() => {})
    },
    /** Says more at once than a message may hold. */
    flood: async (_: object, tell) => {
      await tell('x'.repeat(17 * 1024 * 1024))
    },
    refuse: async () => {
      throw Object.assign(new Error('no door in sight'), { code: 'no_door', fault: 'environment' })
    },
  },
})
process.once('SIGTERM', () => void worker.close())
process.once('disconnect', () => void worker.close())
await worker.run()
process.exit(0)
