/**
 * The agent's process: `node main.ts [CONFIG.json]`, or `AJAR_AGENT_CONFIG=CONFIG.json`. Lines that start with `{` are
 * for machines, one JSON object each: `{"agent":{"device","state",...}}`. Exit code 0 after SIGTERM or SIGINT, 2 for a bad
 * config, 1 when the data folder cannot be used.
 */
import { Supervised } from '@ajar/supervised'
import { createAgent } from './agent.ts'
import { readConfig } from './config.ts'
import { AgentError, reasonOf } from './failure.ts'

async function main(): Promise<void> {
  process.umask(0o077) // nobody else on this machine reads pictures
  const path = process.argv[2] ?? process.env.AJAR_AGENT_CONFIG
  if (!path) throw new AgentError('bad_config', 'caller', 'name the config file: node main.ts CONFIG.json')
  const config = await readConfig(path, process.env)
  const log = {
    info: (message: string) => console.log(`agent ${config.device}: ${message}`),
    warn: (message: string) => console.error(`agent ${config.device}: ${message}`),
  }
  const agent = createAgent(config, { log, onEvent: (event) => console.log(JSON.stringify({ agent: event })) })
  const stopped = stopSignal()
  const supervised = new Supervised({ isAlive: () => true }) // what a blocked event loop cannot say
  await agent.start()
  supervised.ready()
  log.info(`publishes ${config.cameras.map(({ name }) => name).join(', ')} to ${config.server}`)
  await stopped
  supervised.stopping()
  await agent.close()
  supervised.close()
}

/** Resolves at SIGTERM or SIGINT, or when a parent with an IPC channel is gone. A second one ends the process at once, since the handlers are gone by then. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGTERM', stop)
      process.off('SIGINT', stop)
      process.off('disconnect', stop) // with it the channel would keep the process alive
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    // Whoever started us with an IPC channel is gone: nobody would stop us later.
    if (process.connected) process.once('disconnect', stop)
  })
}

try {
  await main()
} catch (error) {
  console.error(reasonOf(error))
  process.exitCode = error instanceof AgentError && error.code === 'bad_config' ? 2 : 1
}
