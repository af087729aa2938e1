import type { Environment } from '../../environment.ts'
import type { Host, ServerProcess } from '../../host.ts'
import { parentCalls } from './parent-calls.ts'
import { rehearseHere } from './rehearse-here.ts'

/** The watchdog of `npm start`, whose child we are: it starts server and worker, we start the rehearsal. */
export function openHost(environment: Environment): Host {
  const ask = parentCalls()
  return {
    runsCheckouts: true,
    serverUrl: () => ask<string>('serverUrl'),
    dataDir: async () => {
      const { AJAR_DATA_DIR: dataDir } = environment
      if (!dataDir) throw new Error('AJAR_DATA_DIR is not set: it names the data folder')
      return dataDir
    },
    rehearse: (release, options) => rehearseHere(release, environment, options),
    // The watchdog and how it starts its processes are the checkout's, whatever release runs.
    prepare: async () => {},
    restart: async ({ force }) => void (await ask('restart', { force })),
    serverProcess: () => ask<ServerProcess>('serverProcess'),
    serverLines: (span) => ask<string[]>('serverLines', { span }),
  }
}
