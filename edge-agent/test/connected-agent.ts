import { onTestFinished } from 'vitest'
import { checkConfig, createAgent } from '../src/index.ts'
import { type Broker, startBroker } from './broker.ts'
import { notebook, temporaryFolder, until } from './places.ts'

const fast = { answerTimeoutMs: 30_000, backoff: { baseMs: 20, capMs: 100 } }

/** An agent with the cameras given, connected to a broker of its own. */
export async function connected(cameras: Record<string, unknown>[], more: Record<string, unknown> = {}) {
  const broker = await startBroker()
  const log = notebook()
  onTestFinished(() => broker.close())
  const agent = createAgent(
    checkConfig({
      device: 'pi',
      token: 'secret',
      server: `mqtt://127.0.0.1:${broker.port}`,
      dataDir: await temporaryFolder(),
      sensors: [],
      cameras,
      ...more,
    }),
    { log, timing: fast },
  )
  onTestFinished(() => agent.close())
  await agent.start()
  const framesOf = (camera: string) =>
    broker.received.filter(({ topic }) => topic.startsWith(`ajar/pi/${camera}/`)).length
  const countsOf = async (camera: string) => {
    const counts = (await agent.status()).captures?.[camera]
    if (!counts) throw new Error(`no counts of ${camera}`)
    return counts
  }
  return { broker, agent, log, framesOf, countsOf, settle: asker(broker) }
}

/** Sends settings as the server does, and waits for the agent's answer. */
function asker(broker: Broker) {
  let version = 0
  return async (settings: unknown) => {
    const payload = JSON.stringify({ version: ++version, settings })
    const topic = 'ajar/pi/config/desired'
    broker.aedes.publish({ cmd: 'publish', topic, payload, qos: 1, retain: true, dup: false }, () => {})
    const applied = () => JSON.parse(broker.retained.get('ajar/pi/config/applied') ?? '{}')
    await until(() => applied().version === version)
    return applied() as { version: number; ok: boolean; errors: string[] }
  }
}
