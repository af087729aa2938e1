import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { door, sha256, withComment } from '../pictures.ts'

export type DoorState = 'open' | 'closed'

/** An IP camera that shows a door: no two of its pictures have the same bytes. */
export class IpCamera {
  readonly #server: Server
  readonly #stateNow: () => DoorState
  #pictures: Record<DoorState, Buffer> | null = null
  /** When it showed each picture, milliseconds UTC, by the digest of its bytes. */
  readonly shownAt = new Map<string, number>()

  /** @param stateNow how the door stands */
  constructor(stateNow: () => DoorState) {
    this.#stateNow = stateNow
    this.#server = createServer((_request, response) => {
      const picture = this.#pictures?.[this.#stateNow()]
      if (!picture) return response.writeHead(503).end()
      const jpeg = withComment(picture, `picture ${this.shownAt.size}`)
      this.shownAt.set(sha256(jpeg), Date.now())
      response.writeHead(200, { 'content-type': 'image/jpeg' }).end(jpeg)
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
