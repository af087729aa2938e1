import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { MessageBoundary } from './message-boundary.ts'

/** What a client may send before the first answer: a CONNECT, and what was on its way behind it. */
const MOST_UNANSWERED = 256 * 1024

/** A message is kept until it is whole: one of which nothing more comes for so long ends the connection. */
const HALF_MESSAGE_MS = 30_000

/**
 * A WebSocket as a stream of bytes: where one message ends and the next begins means nothing. Neither end gets ahead of
 * the other: messages are read as the stream is read, and a write is done when the socket has taken it.
 */
export class WebSocketBytes extends Duplex {
  readonly #webSocket: WebSocket
  readonly #halfMessageMs: number
  #answered = false
  #halfMessageTimer: NodeJS.Timeout | null = null

  /** @param socket what lies under `webSocket` */
  constructor(webSocket: WebSocket, socket: Socket, halfMessageMs = HALF_MESSAGE_MS) {
    super({ allowHalfOpen: false })
    this.#webSocket = webSocket
    this.#halfMessageMs = halfMessageMs
    webSocket.on('message', (bytes: Buffer, isBinary: boolean) => {
      if (!isBinary) this.destroy(new Error('a text message came where [MQTT-6.0.0-1] wants binary ones'))
      else if (!this.push(bytes)) webSocket.pause()
    })
    webSocket.on('error', (error) => this.destroy(error))
    webSocket.on('close', () => this.push(null))
    // A message is kept until it is whole; before anybody has shown a credential it shall not be long.
    const guard = () => {
      if (this.#answered) socket.off('data', guard)
      else if (socket.bytesRead > MOST_UNANSWERED) this.destroy(new Error('too much came before the first answer'))
    }
    socket.on('data', guard)
    const boundary = new MessageBoundary()
    socket.on('data', (bytes: Buffer) => {
      boundary.take(bytes)
      this.#expectMore(boundary.isMidMessage)
    })
  }

  override _read() {
    if (!this.#webSocket.isPaused) return
    this.#webSocket.resume()
    this.#halfMessageTimer?.refresh()
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void) {
    this.#answered = true
    this.#webSocket.send(bytes, done)
  }

  override _final(done: () => void) {
    this.#webSocket.close()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void) {
    this.#expectMore(false)
    this.#webSocket.terminate()
    done(error)
  }

  #expectMore(expected: boolean) {
    if (!expected || this.destroyed) {
      if (this.#halfMessageTimer) clearTimeout(this.#halfMessageTimer)
      this.#halfMessageTimer = null
    } else if (this.#halfMessageTimer) {
      this.#halfMessageTimer.refresh()
    } else {
      this.#halfMessageTimer = setTimeout(() => this.#endHalfMessage(), this.#halfMessageMs)
    }
  }

  #endHalfMessage() {
    // While we do not read, nothing can come.
    if (this.#webSocket.isPaused) this.#halfMessageTimer?.refresh()
    else this.destroy(new Error(`half a message came, and nothing more for ${this.#halfMessageMs} ms`))
  }
}
