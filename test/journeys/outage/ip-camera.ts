import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { door, withComment } from '../pictures.ts'

export type DoorState = 'open' | 'closed'

/** An IP camera that shows a door: no two of its pictures have the same bytes. */
export class IpCamera {
  readonly #server: Server
  readonly #stateNow: () => DoorState
  #pictures: Record<DoorState, Buffer> | null = null
  #shown = 0

  /** @param stateNow how the door stands */
  constructor(stateNow: () => DoorState) {
    this.#stateNow = stateNow
    this.#server = createServer((_request, response) => {
      const picture = this.#pictures?.[this.#stateNow()]
      if (!picture) return response.writeHead(503).end()
      response.writeHead(200, { 'content-type': 'image/jpeg' }).end(withComment(picture, `picture ${this.#shown++}`))
    })
  }

  async start(): Promise<void> {
    this.#pictures = { open: await door('open'), closed: await door('closed') }
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/snapshot.jpg`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}
