import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

const PUBACK = 0x40

/**
 * A TCP proxy that can swallow PUBACKs on the wire: it takes the server's byte stream apart into MQTT packets. With `bytesPerSecond`
 * it is a slow line from the agent to the server.
 */
export async function startProxy(target: number, { bytesPerSecond = Number.POSITIVE_INFINITY } = {}) {
  const sockets = new Set<Socket>()
  /** How many more PUBACKs get through; then the wire is cut. */
  let allowed = Number.POSITIVE_INFINITY
  let swallowed = 0
  const server = createServer((agent) => {
    const broker = connect(target, '127.0.0.1')
    for (const [one, other] of [
      [agent, broker],
      [broker, agent],
    ] as const) {
      sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    agent.on('data', (chunk) => {
      agent.pause()
      const pass = () => {
        broker.write(chunk)
        agent.resume()
      }
      if (bytesPerSecond === Number.POSITIVE_INFINITY) pass()
      else setTimeout(pass, (chunk.length / bytesPerSecond) * 1000)
    })
    let rest = Buffer.alloc(0)
    broker.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      for (let packet = firstPacket(rest); packet; packet = firstPacket(rest)) {
        rest = rest.subarray(packet.length)
        if (packet[0] === PUBACK && allowed-- <= 0) swallowed++
        else agent.write(packet)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    swallowed: () => swallowed,
    allowPubacks: (count: number) => {
      allowed = count
    },
    cut,
    close: async () => {
      server.close()
      cut()
    },
  }
}

/** The whole packet at the start of the bytes, or null. Remaining length: MQTT 3.1.1, section 2.2.3. */
function firstPacket(bytes: Buffer): Buffer | null {
  let length = 0
  for (let i = 1; i < 5 && i < bytes.length; i++) {
    const byte = bytes[i] ?? 0
    length += (byte & 0x7f) * 128 ** (i - 1)
    if (byte < 0x80) return bytes.length >= i + 1 + length ? bytes.subarray(0, i + 1 + length) : null
  }
  return null
}
