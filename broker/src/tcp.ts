import { createServer, type Server, type Socket } from 'node:net'
import { type Address, BrokerError, type OpenSocket } from './contract.ts'

/** An open TCP listener. */
export interface Listener {
  address: Address
  /** Takes no more connections; those that are open stay. */
  close(): Promise<void>
}

const KEEPALIVE_MS = 60_000

/**
 * Listens for plain TCP connections, port 0 takes any free one; or on a socket that is open already, by its file descriptor.
 * Throws BrokerError `port_in_use`, `port_forbidden`, `address_unavailable` or `listen_failed`, all the environment's fault.
 */
export async function listenTcp(
  at: Address | OpenSocket,
  onSocket: (socket: Socket) => void,
  onError: (error: Error) => void,
): Promise<Listener> {
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS }, onSocket)
  const address = await bind(server, at)
  // A connection that cannot be accepted (no file descriptor left) must not end the process.
  server.on('error', onError)
  return {
    address,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function bind(server: Server, at: Address | OpenSocket): Promise<Address> {
  const options = 'fd' in at ? at : { host: at.host, port: at.port }
  const name = 'fd' in at ? `the socket ${at.fd}` : `${at.host}:${at.port}`
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(name, error)))
    server.listen(options, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') {
        reject(new BrokerError('listen_failed', 'us', `listening on ${name} gave no port`))
        return
      }
      server.removeAllListeners('error')
      resolve({ host: 'fd' in at ? address.address : at.host, port: address.port })
    })
  })
}

function listenError(where: string, error: NodeJS.ErrnoException): BrokerError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new BrokerError('port_in_use', 'environment', `MQTT cannot listen on ${where}: the port is in use`, error)
    case 'EACCES':
      return new BrokerError(
        'port_forbidden',
        'environment',
        `MQTT may not listen on ${where}: take a port over 1023`,
        error,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new BrokerError('address_unavailable', 'environment', `this machine has no address for ${where}`, error)
    default:
      return new BrokerError('listen_failed', 'environment', `MQTT cannot listen on ${where}: ${error.message}`, error)
  }
}
