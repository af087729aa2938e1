import { isUtf8 } from 'node:buffer'
import { CONNECT, PacketError, PUBLISH, type RawPacket } from './packet-reader.ts'

const PUBACK = 4
const PUBCOMP = 7
const SUBSCRIBE = 8
const UNSUBSCRIBE = 10
const PINGREQ = 12
const DISCONNECT = 14

const CLEAN_RESERVED = 0x01
const WILL = 0x04
const PASSWORD = 0x40
const USERNAME = 0x80

/**
 * Throws PacketError for what MQTT 3.1.1 forbids and the parser behind lets pass: packet id 0, text that is not UTF-8 or
 * holds U+0000, a will of QoS 3, a password without a user name, an empty SUBSCRIBE, a packet only a server sends.
 */
export function assertWellFormed({ bytes, type, bodyAt }: RawPacket): void {
  const body = new Body(bytes, bodyAt)
  switch (type) {
    case CONNECT:
      checkConnect(body)
      return
    case PUBLISH: {
      body.text('topic')
      const qos = ((bytes[0] ?? 0) >> 1) & 3
      if (qos > 0) body.packetId()
      return
    }
    case SUBSCRIBE:
    case UNSUBSCRIBE:
      body.packetId()
      do {
        body.text('topic filter')
        if (type === SUBSCRIBE) body.byte()
      } while (!body.done)
      return
    case PINGREQ:
    case DISCONNECT:
      return
    default:
      if (type < PUBACK || type > PUBCOMP) throw malformed(`a client must not send a packet of type ${type}`)
      body.packetId()
  }
}

/** [MQTT-3.1.2] and [MQTT-3.1.3], in the order of the bytes. */
function checkConnect(body: Body): void {
  body.text('protocol name')
  // The highest bit marks a bridge (mosquitto's `try_private`).
  const level = body.byte() & 0x7f
  if (level !== 3 && level !== 4) {
    throw new PacketError(
      'protocol_version',
      `the client speaks protocol level ${level}; set it to MQTT 3.1.1 (level 4)`,
    )
  }
  const flags = body.byte()
  if (flags & CLEAN_RESERVED) throw malformed('the reserved flag of CONNECT is set')
  if (((flags >> 3) & 3) === 3) throw malformed('the will has QoS 3')
  if (flags & PASSWORD && !(flags & USERNAME)) throw malformed('there is a password but no user name')
  body.uint16()
  body.text('client id')
  if (flags & WILL) {
    body.text('will topic')
    body.field('will message')
  }
  if (flags & USERNAME) body.text('user name')
  if (flags & PASSWORD) body.field('password')
  if (!body.done) throw malformed('CONNECT is longer than what it holds')
}

/** Reads the body of a packet from front to back. */
class Body {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    const value = this.#bytes[this.#at]
    if (value === undefined) throw malformed('a packet is shorter than what it announces')
    this.#at += 1
    return value
  }

  uint16(): number {
    return this.byte() * 256 + this.byte()
  }

  packetId(): void {
    if (this.uint16() === 0) throw malformed('the packet id is 0')
  }

  /** Bytes with their length before them. */
  field(name: string): Buffer {
    const length = this.uint16()
    const end = this.#at + length
    if (end > this.#bytes.length) throw malformed(`the ${name} is shorter than it announces`)
    const field = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return field
  }

  text(name: string): void {
    const field = this.field(name)
    if (!isUtf8(field) || field.includes(0)) throw malformed(`the ${name} is not valid UTF-8 or holds a null character`)
  }
}

function malformed(message: string): PacketError {
  return new PacketError('protocol_error', message)
}
