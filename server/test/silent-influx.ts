import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Undo } from './temporary-folder.ts'

/** A request as it came in. */
export interface Asked {
  method: string
  path: string
  query: Record<string, string>
  headers: IncomingHttpHeaders
  body: string
}

/** What is answered; null: nothing, until the other end gives up. */
export interface Said {
  status: number
  headers?: Record<string, string>
  body?: string
}

/** Stands where an InfluxDB would that does not run here, and writes down what it is asked. */
export class SilentInflux {
  readonly asked: Asked[] = []
  readonly #port: number

  private constructor(port: number) {
    this.#port = port
  }

  static async start(
    undo: Undo,
    answer: (asked: Asked, response: ServerResponse) => Said | null,
  ): Promise<SilentInflux> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    undo(async () => {
      server.closeAllConnections()
      server.close()
    })
    const influx = new SilentInflux((server.address() as AddressInfo).port)
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://influx')
      const { method = '', headers } = request
      const body = Buffer.concat(chunks).toString()
      const asked = { method, path: pathname, query: Object.fromEntries(searchParams), headers, body }
      influx.asked.push(asked)
      const said = answer(asked, response)
      if (said) response.writeHead(said.status, said.headers ?? {}).end(said.body)
    })
    return influx
  }

  url(user = '', database = 'doors'): string {
    return `http://${user}127.0.0.1:${this.#port}/${database}`
  }

  get target(): string {
    return `127.0.0.1:${this.#port}/doors`
  }

  get writes(): Asked[] {
    return this.asked.filter(({ path, body }) => path === '/write' && body !== '')
  }
}
