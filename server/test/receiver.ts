import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Undo } from './temporary-folder.ts'

export interface Received {
  id: string
  /** Verified by the standard's own library, or null where that refused it. */
  message: { type: string; timestamp: string; data: { n?: number } } | null
  method: string
  path: string
  headers: IncomingMessage['headers']
}

type Answering = (response: ServerResponse, received: Received) => void

/** A program on loopback that webhooks tell, and which answers as a test wants. */
export class Receiver {
  readonly received: Received[] = []
  readonly port: number
  answer: Answering = (response) => response.writeHead(204).end()

  /** As where its program ends. */
  readonly close: () => Promise<void>

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port
    this.close = close
  }

  /** @param tls PEM of a certificate and its key, to speak HTTPS */
  static async start(undo: Undo, secret: string, tls?: { cert: Buffer; key: Buffer }, port = 0): Promise<Receiver> {
    const take: RequestListener = async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const received = receivedFrom(request, Buffer.concat(chunks), secret)
      receiver.received.push(received)
      receiver.answer(response, received)
    }
    const server = tls ? createSecureServer(tls, take) : createServer(take)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const receiver = new Receiver((server.address() as AddressInfo).port, async () => {
      server.closeAllConnections()
      server.close()
    })
    undo(receiver.close)
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook?for=doors`
  }

  /** The `n` of each message that was verified, as they came. */
  get numbers(): (number | undefined)[] {
    return this.received.map(({ message }) => message?.data.n)
  }
}

function receivedFrom({ headers, method = '', url = '' }: IncomingMessage, body: Buffer, secret: string): Received {
  const verified = () => {
    try {
      return new Webhook(secret).verify(body, headers as Record<string, string>) as Received['message']
    } catch {
      return null
    }
  }
  return { id: String(headers['webhook-id']), message: verified(), method, path: url, headers }
}
