/**
 * The agent's process: `node main.ts [CONFIG.json]` (in a bundle `node ajar-agent.mjs`), or `AJAR_AGENT_CONFIG=CONFIG.json`. Lines that start with `{` are
 * for machines, one JSON object each: `{"agent":{"device","state",...}}`. Exit code 0 after SIGTERM or SIGINT, 2 for a bad
 * config, 1 when the data folder cannot be used. `node main.ts --check CONFIG.json` only reads the config, looks after the
 * files that it names, and prints `{"config":{"device","dataDir"}}` where it is good.
 */
import { relative, resolve } from 'node:path'
import { keepQuietOfLibraries } from '@ajar/bundle'
import { Supervised } from '@ajar/supervised'
import { createAgent } from './agent.ts'
import { readConfig } from './config.ts'
import { AgentError, reasonOf } from './failure.ts'
import { checkPlaces } from './places.ts'
import { shownAddress } from './publish/connection.ts'
import { readTrust } from './publish/trust.ts'

const BAD_USE = 2
const FAILED = 1
/** A part that does not close in time does not keep the process alive. */
const CLOSE_LIMIT_MS = 15_000

async function main(): Promise<void> {
  process.umask(0o077) // nobody else on this machine reads pictures
  keepQuietOfLibraries()
  const [first, second] = process.argv.slice(2)
  const path = (first === '--check' ? second : first) ?? process.env.AJAR_AGENT_CONFIG
  if (!path) throw new AgentError('bad_config', 'caller', `name the config file: ${howCalled()} CONFIG.json`)
  const config = await readConfig(path, process.env)
  delete process.env.AJAR_AGENT_TOKEN // the programs of cameras need not know it
  if (first === '--check') {
    await checkPlaces(config, readTrust)
    const { device, dataDir } = config
    return console.log(JSON.stringify({ config: { device, dataDir: resolve(dataDir) } }))
  }
  const log = {
    info: (message: string) => console.log(`agent ${config.device}: ${message}`),
    warn: (message: string) => console.error(`agent ${config.device}: ${message}`),
  }
  const agent = createAgent(config, { log, onEvent: (event) => console.log(JSON.stringify({ agent: event })) })
  const supervised = new Supervised({ isAlive: () => true }) // what a blocked event loop cannot say
  const started = agent.start()
  const close = () => started.then(() => agent.close())
  supervised.endsInOrder(close, CLOSE_LIMIT_MS)
  await started
  supervised.ready()
  log.info(`publishes ${config.cameras.map(({ name }) => name).join(', ')} to ${shownAddress(config.server)}`)
}

/** As whoever called it may call it again: from a bundle it is another file, and maybe another Node. */
function howCalled(): string {
  const [, script = ''] = process.argv
  const near = relative('', script)
  return `${process.argv0} ${near.startsWith('..') ? script : near}`
}

try {
  await main()
} catch (error) {
  console.error(reasonOf(error))
  process.exit(error instanceof AgentError && error.code === 'bad_config' ? BAD_USE : FAILED)
}
