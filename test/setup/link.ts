import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

const TICK_MS = 50

/** A line between the server and InfluxDB that gets worse when it is told to. */
export class Link {
  /** Bytes a second that get through to InfluxDB; null: all. */
  rate: number | null = null
  /** Answers are lost: what was asked is done, and nobody knows. */
  losesAnswers = false
  /** Connections break when so many bytes have got through; null: they do not. */
  breaksAfter: number | null = null
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer({ pauseOnConnect: true }, (client) => this.#carry(client))
  }

  static async open(target: number): Promise<Link> {
    const link = new Link(target)
    link.#server.listen(0, '127.0.0.1')
    await once(link.#server, 'listening')
    return link
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Breaks every connection. */
  cut() {
    for (const socket of this.#sockets) socket.destroy()
  }

  close() {
    this.cut()
    this.#server.close()
  }

  #carry(client: Socket) {
    const server = connect(this.#target, '127.0.0.1')
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {}) // a close follows
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        server.destroy()
      })
    }
    server.on('data', (chunk) => {
      if (!this.losesAnswers) client.write(chunk)
    })
    void this.#forward(client, server)
  }

  async #forward(client: Socket, server: Socket) {
    let through = 0
    try {
      for await (const chunk of client) {
        for (let rest: Buffer = chunk; rest.length > 0; ) {
          const most = Math.min(this.#share(), this.breaksAfter === null ? rest.length : this.breaksAfter - through)
          server.write(rest.subarray(0, most))
          through += Math.min(most, rest.length)
          rest = rest.subarray(most)
          if (this.breaksAfter !== null && through >= this.breaksAfter) return client.destroy()
          if (this.rate !== null) await new Promise((resolve) => setTimeout(resolve, TICK_MS))
        }
      }
    } catch {
      // Broken, as it was told to be.
    }
  }

  #share(): number {
    return this.rate === null ? Number.POSITIVE_INFINITY : Math.max(1, Math.floor((this.rate * TICK_MS) / 1000))
  }
}
