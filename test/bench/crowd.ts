import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/**
 * A process with many subscribers of one broker, as small as they can be: a socket each, that sends CONNECT and SUBSCRIBE
 * and then reads nothing more (`frozen`), or reads and forgets. It ends when its parent goes.
 */

export interface CrowdOrder {
  port: number
  count: number
  /** A `%` in it is replaced by the subscriber's number. */
  filter: string
  frozen: boolean
}

/** Fewer at once than the broker lets wait for their credential to be looked up. */
const AT_ONCE = 50
const CONNACK_BYTES = 4
const SUBACK_BYTES = 5

const sockets: Socket[] = []
process.once('disconnect', () => process.exit())
process.once('message', async (order: CrowdOrder) => {
  let next = 0
  const joinNext = async () => {
    while (next < order.count) {
      next += 1
      sockets.push(await join(order, next))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, joinNext))
  process.send?.('joined')
})

async function join({ port, filter, frozen }: CrowdOrder, number: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(packet(0x10, text('MQTT'), [4, 0xc2, 0, 0], text(`crowd-${number}`), text('token'), text('any')))
  await received(socket, CONNACK_BYTES)
  socket.write(packet(0x82, [0, 1], text(filter.replace('%', String(number))), [0]))
  await received(socket, SUBACK_BYTES)
  socket.on('error', () => {})
  if (frozen) socket.pause()
  else socket.resume()
  return socket
}

async function received(socket: Socket, bytes: number) {
  for (let got = 0; got < bytes; ) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    got += chunk.length
  }
}

function packet(type: number, ...parts: (Uint8Array | number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  return Buffer.concat([Buffer.from([type, body.length]), body])
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)])
}
