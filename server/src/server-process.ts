import { inheritedSockets, Supervised } from '@ajar/supervised'
import { type Listening, startApp } from './app.ts'
import { tokenLine } from './first-token.ts'
import { loggingFor } from './logging/logging.ts'
import { findSupervision } from './processes/supervision.ts'
import { BAD_USE, SettingsError, settingsOrExit } from './read-settings.ts'
import { readSettings } from './settings.ts'

/** The server process: settings from the environment, machine lines on standard output, SIGTERM and SIGINT end it. */

const FAILED = 1
/** A part that does not close in time does not keep the process alive. */
const CLOSE_LIMIT_MS = 15_000

// Pictures, credentials and who came when: nobody else on this machine reads them.
process.umask(0o077)
const settings = settingsOrExit(() => readSettings(process.env))
const logging = loggingFor(settings)
// A disk that does not answer would hold up process.exit itself for ever.
process.on('exit', () => logging.isStuck && process.kill(process.pid, 'SIGKILL'))
process.on('uncaughtException', (error) => end(error, 'a fault that nothing caught'))
process.on('unhandledRejection', (error) => end(error, 'a failure that nobody waited for'))
try {
  const supervised = new Supervised({ isAlive: () => app.isAlive() })
  const app = await startApp(settings, logging, settings.rehearsal ? new Map() : inheritedSockets(process.env))
  const endInOrder = supervised.endsInOrder(() => app.close(), CLOSE_LIMIT_MS)
  const toldToken = app.adminToken === null ? null : tokenLine(app.adminToken, settings.dataDir)
  app.processes.supervisedBy(findSupervision(settings.dataDir, endInOrder))
  supervised.ready()
  // Last: whoever reads these lines may stop us at once.
  if (toldToken) machineLine(toldToken)
  machineLine({ listening: shown(app.listening) })
} catch (error) {
  process.stderr.write(`ajar cannot start: ${(error as Error).message}\n`)
  process.exit(error instanceof SettingsError ? BAD_USE : FAILED)
}

/** Whoever knows no TLS reads the line that was there before it. */
function shown({ http, mqtt, mqtts }: Listening): object {
  return mqtts === null ? { http, mqtt } : { http, mqtt, mqtts, tls: true }
}

function machineLine(line: object) {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** What state we are in is not known any more, and what was acknowledged is on the disk: a start is safer. */
function end(error: unknown, what: string) {
  logging.of('server').fatal({ err: error }, `${what}: our fault; ajar ends`)
  logging.writeNow()
  process.exit(FAILED)
}
