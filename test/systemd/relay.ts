import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'

const CARRIER = fileURLToPath(new URL('./relay-carrier.ts', import.meta.url))

/** A port of the host that leads into another network namespace: a process in there carries each connection on. */
export class Relay {
  readonly #server: Server
  readonly #carrier: ChildProcess

  private constructor(carrier: ChildProcess, port: number) {
    this.#carrier = carrier
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      // Nobody carries it any more: the caller sees a closed connection, as of a server that is gone.
      if (carrier.connected) carrier.send({ port }, socket, (error) => error && socket.destroy())
      else socket.destroy()
    })
  }

  /** @param fork starts a script, with an IPC channel, where `port` is */
  static async open(port: number, fork: (script: string) => ChildProcess): Promise<Relay> {
    const relay = new Relay(fork(CARRIER), port)
    await Promise.all([once(relay.#carrier, 'message'), once(relay.#server.listen(0, '127.0.0.1'), 'listening')])
    return relay
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    this.#server.close()
    if (this.#carrier.exitCode !== null || this.#carrier.signalCode !== null) return
    this.#carrier.kill('SIGKILL')
    await once(this.#carrier, 'exit')
  }
}
