import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { PASSWORD } from './start-broker.ts'

/** Bytes over a real socket, for what no well-behaved client sends. */
export class RawClient {
  readonly socket: Socket
  readonly closed: Promise<void>
  #received = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
    })
    socket.on('error', () => {})
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()))
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    onTestFinished(() => void socket.destroy())
    return new RawClient(socket)
  }

  /** A connection that has its CONNACK. */
  static async admitted(port: number, username: string): Promise<RawClient> {
    const client = await RawClient.open(port)
    client.send(connectPacket({ clientId: username, username, password: PASSWORD }))
    await client.take(4)
    return client
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  /** The next `count` bytes from the broker, or fewer where the connection closes before. */
  async take(count: number): Promise<Buffer> {
    let open = true
    const ended = this.closed.then(() => {
      open = false
    })
    while (this.#received.length < count && open) await Promise.race([once(this.socket, 'data'), ended])
    const taken = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return taken
  }
}

export const PINGREQ = Buffer.from([0xc0, 0])
export const PINGRESP = Buffer.from([0xd0, 0])

/** A packet: first byte of its fixed header, and its body. */
export function packet(first: number, ...body: (Uint8Array | number[])[]): Buffer {
  const bytes = Buffer.concat(body.map((part) => Buffer.from(part)))
  const length: number[] = []
  let rest = bytes.length
  do {
    length.push(rest >= 128 ? (rest % 128) + 128 : rest)
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.concat([Buffer.from([first, ...length]), bytes])
}

/** Text or bytes with their length before them. */
export function field(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content as string)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes])
}

interface Connect {
  clientId?: string | Uint8Array
  username?: string
  password?: string
  /** Added to the flags that the other fields set. */
  flags?: number
  level?: number
  keepalive?: number
  will?: { topic: string | Uint8Array; payload: string }
}

export function connectPacket({
  clientId = 'raw',
  username,
  password,
  flags,
  level,
  keepalive,
  will,
}: Connect): Buffer {
  const set =
    (flags ?? 0x02) |
    (username === undefined ? 0 : 0x80) |
    (password === undefined ? 0 : 0x40) |
    (will === undefined ? 0 : 0x04)
  return packet(
    0x10,
    field('MQTT'),
    [level ?? 4, set, (keepalive ?? 60) >> 8, (keepalive ?? 60) & 255],
    field(clientId),
    ...(will ? [field(will.topic), field(will.payload)] : []),
    ...(username === undefined ? [] : [field(username)]),
    ...(password === undefined ? [] : [field(password)]),
  )
}

export function publishPacket(topic: string | Uint8Array, payload: Uint8Array, packetId = 1, first = 0x32): Buffer {
  return packet(first, field(topic), [packetId >> 8, packetId & 255], payload)
}

export function subscribePacket(filter: string | Uint8Array, packetId = 1): Buffer {
  return packet(0x82, [packetId >> 8, packetId & 255], field(filter), [0])
}
