import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Aedes, type AuthenticateError } from 'aedes'

export interface Received {
  topic: string
  sha256: string
  dup: boolean
}

/**
 * A real broker that keeps what it was sent, in the order it came. `accept` decides what becomes of a publish before its
 * PUBACK: true acknowledges, false closes the connection as aedes does, a promise holds it.
 */
export async function startBroker({ port = 0, token = 'secret' } = {}) {
  const received: Received[] = []
  const retained = new Map<string, string>()
  const sockets = new Set<Socket>()
  let accept: (topic: string) => boolean | Promise<boolean> = () => true
  const aedes = await Aedes.createBroker({
    concurrency: 0,
    authenticate: (_client, _user, password, done) => {
      const right = password?.toString() === token
      const error = Object.assign(new Error('no'), { returnCode: 4 }) as AuthenticateError
      done(right ? null : error, right)
    },
    authorizePublish: (client, packet, done) => {
      const { topic, retain } = packet
      Promise.resolve(client ? accept(topic) : true).then((yes) => {
        if (!yes) return done(new Error('refused'))
        if (retain) retained.set(topic, packet.payload.toString())
        const sha256 = createHash('sha256').update(packet.payload).digest('hex')
        if (client && topic.includes('/frame/')) received.push({ topic, sha256, dup: packet.dup })
        done(null)
      })
    },
  })
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    aedes.handle(socket)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    aedes,
    received,
    retained,
    /** Ids in the order they came. */
    ids: () => received.map(({ topic }) => Number(topic.split('/').at(-1))),
    decide: (how: typeof accept) => {
      accept = how
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
    },
  }
}

export type Broker = Awaited<ReturnType<typeof startBroker>>
