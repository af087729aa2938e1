import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { IngestBudget } from './ingest-budget.ts'
import { assertWellFormed } from './packet-faults.ts'
import { PacketError, PacketReader, PUBLISH } from './packet-reader.ts'

/** CONNACK with return code 1, for clients of a protocol that aedes does not speak. */
const UNACCEPTABLE_PROTOCOL = Buffer.from([0x20, 2, 0, 1])

/** Packets that wait for aedes to read them; fewer, and the source would be paused and resumed for every one. */
const QUEUED_PACKETS = 8

/** Why a stream closes itself. */
export type StreamFault = PacketError['code'] | 'paused_too_long' | 'half_packet' | 'keepalive_timeout'

export interface PacketStreamOptions {
  budget: IngestBudget
  /** Bytes of the largest packet before `admit`. */
  preConnectBytes: number
  /** Bytes unsent above which aedes waits for the socket to drain. */
  highWaterBytes: number
  /** Longest wait for the next byte of a packet that has begun, milliseconds. */
  halfPacketMs: number
  /** Told once why the stream closed itself. */
  onFault(code: StreamFault, text: string): void
}

/**
 * Stands between a socket and aedes: what aedes reads here are whole packets within their limits, one per read, and none
 * faster than ingest takes them. Pausing happens here and not by aedes' `client.pause`, which forgets the packets that finish
 * while it is paused and then never reads again.
 */
export class PacketStream extends Duplex {
  readonly #source: Duplex
  readonly #options: PacketStreamOptions
  readonly #reader: PacketReader
  #wanted = false
  #greeted = false
  #admitted = false
  #draining = false
  #ended = false
  #stopWaiting: (() => void) | null = null
  #pauseTimer: NodeJS.Timeout | null = null
  #pauseMs = 0
  #halfPacketTimer: NodeJS.Timeout | null = null
  #silenceTimer: NodeJS.Timeout | null = null
  #expectedBytes = 0
  #heldBytes = 0

  constructor(source: Duplex, options: PacketStreamOptions) {
    super({
      readableObjectMode: true,
      readableHighWaterMark: QUEUED_PACKETS,
      writableHighWaterMark: options.highWaterBytes,
      allowHalfOpen: false,
    })
    this.#source = source
    this.#options = options
    // Other streams (a WebSocket's) may hand out parts of memory that they still use.
    this.#reader = new PacketReader(options.preConnectBytes, source instanceof Socket)
    source.on('data', (chunk: Buffer) => {
      this.#silenceTimer?.refresh()
      this.#reader.append(chunk)
      this.#advance()
    })
    source.on('end', () => {
      this.#ended = true
      this.#advance()
    })
    source.on('error', (error) => this.destroy(error))
    // After a clean end the packets already here are still handled; after anything else nobody waits for an answer.
    source.on('close', () => {
      if (!source.readableEnded) this.destroy()
    })
  }

  /** After CONNACK: larger packets, and a pause of at most `pauseMs`; closed after a silence of `silenceMs`, or never (null). */
  admit(limitBytes: number, pauseMs: number, silenceMs: number | null): void {
    this.#admitted = true
    this.#reader.limit = limitBytes
    this.#pauseMs = pauseMs
    if (silenceMs !== null && !this.destroyed) {
      const text = 'nothing came for 1.5 times the keepalive'
      this.#silenceTimer = setTimeout(() => this.#close('keepalive_timeout', text), silenceMs)
    }
    this.#advance()
  }

  /** Reads nothing more; what is in ingest can still be acknowledged. */
  drain(): void {
    this.#draining = true
    this.#source.pause()
    this.#endPause()
  }

  /** Bytes that the other end has not taken yet. */
  get unsentBytes(): number {
    return this.writableLength
  }

  /** Resolves when everything written so far was handed to the system, or the stream is gone. */
  sent(): Promise<void> {
    return new Promise((resolve) => {
      this.once('close', resolve)
      this.write(Buffer.alloc(0), () => resolve())
    })
  }

  override read(size?: number): Buffer | null {
    const packet: Buffer | null = super.read(size)
    if (packet !== null) this.#expect(-packet.length)
    // aedes reads once per 'readable', and Node announces several packets once.
    if (packet !== null && this.readableLength > 0) process.nextTick(() => this.emit('readable'))
    return packet
  }

  override _read(): void {
    this.#wanted = true
    this.#advance()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#source.write(chunk, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    // A packet comes as several small writes; one write to the socket costs less than a vector of them.
    this.#source.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#source.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#endPause()
    this.#expectBytes(false)
    if (this.#silenceTimer) clearTimeout(this.#silenceTimer)
    this.#expect(-this.#expectedBytes)
    this.#hold(0)
    this.#source.destroy()
    done(error)
  }

  /** Packets on their way to aedes count as well, so that a burst cannot slip past the budget. */
  #expect(bytes: number): void {
    this.#expectedBytes += bytes
    this.#options.budget.expect(bytes)
  }

  /** So does the packet that is being received. */
  #hold(bytes: number): void {
    const more = bytes - this.#heldBytes
    this.#heldBytes = bytes
    if (more !== 0) this.#options.budget.expect(more)
  }

  #advance(): void {
    try {
      while (this.#wanted && !this.#draining && !this.destroyed) {
        // Until CONNACK nothing follows CONNECT: aedes would queue it without counting bytes.
        if (this.#greeted && !this.#admitted) break
        // Judged by its header: a sender that waits keeps no body here.
        if (this.#options.budget.full && this.#reader.upcoming() === PUBLISH) {
          this.#pauseUntilRoom()
          break
        }
        const packet = this.#takePacket()
        if (packet === null) {
          this.#expectBytes(!this.#ended && this.#reader.isMidPacket)
          if (this.#ended) this.push(null)
          else this.#source.resume()
          return
        }
        this.#wanted = this.push(packet)
      }
      this.#expectBytes(false)
      this.#source.pause()
    } catch (error) {
      if (!(error instanceof PacketError)) throw error
      if (error.code === 'protocol_version') this.#source.write(UNACCEPTABLE_PROTOCOL)
      this.#close(error.code, error.message)
    }
  }

  /** The next whole packet, counted until aedes reads it, or null until more bytes come. */
  #takePacket(): Buffer | null {
    const packet = this.#reader.next()
    if (packet !== null) {
      this.#greeted = true
      assertWellFormed(packet)
      this.#expect(packet.bytes.length)
    }
    this.#hold(this.#reader.heldBytes)
    return packet?.bytes ?? null
  }

  /** Half a packet is not kept for ever: without keepalive nothing else would end it. */
  #expectBytes(expected: boolean): void {
    if (expected && this.#halfPacketTimer) {
      this.#halfPacketTimer.refresh()
    } else if (expected) {
      const { halfPacketMs } = this.#options
      const text = `half a packet came, and nothing more for ${halfPacketMs} ms`
      this.#halfPacketTimer = setTimeout(() => this.#close('half_packet', text), halfPacketMs)
    } else if (this.#halfPacketTimer) {
      clearTimeout(this.#halfPacketTimer)
      this.#halfPacketTimer = null
    }
  }

  #pauseUntilRoom(): void {
    if (this.#stopWaiting) return
    this.#stopWaiting = this.#options.budget.wait(() => {
      this.#endPause()
      this.#advance()
    })
    // Paused for longer, both ends take the connection for dead: neither ping nor answer gets through.
    this.#pauseTimer = setTimeout(
      () =>
        this.#close('paused_too_long', `frames are stored more slowly than they come; paused for ${this.#pauseMs} ms`),
      this.#pauseMs,
    )
  }

  #endPause(): void {
    this.#stopWaiting?.()
    this.#stopWaiting = null
    if (this.#pauseTimer) clearTimeout(this.#pauseTimer)
    this.#pauseTimer = null
  }

  #close(code: StreamFault, text: string): void {
    this.#options.onFault(code, text)
    this.destroy()
  }
}
