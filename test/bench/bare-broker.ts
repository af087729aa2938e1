import { createBroker } from '@ajar/broker'

/** A process with our broker and nothing around it; anybody gets in, `token` as an operator. Tells its port. */

const broker = createBroker(
  {
    authenticate: async (name) => ({ kind: name === 'token' ? 'operator' : 'device', name }),
    onFrame: async () => {},
    onReading: async () => {},
    onStatus: async () => {},
    onConfigApplied: async () => {},
    onPresence: () => {},
    onEvent: () => {},
  },
  // All of the crowd have one credential.
  { maxConnections: 10_000, maxConnectionsPerCredential: 10_000 },
)
const { port } = await broker.listen({ host: '127.0.0.1', port: 0 })
process.send?.(port)
process.once('disconnect', () => process.exit())
