import { request } from 'node:http'
import { ADMIN_TOKEN, type RunningServer } from './running-server.ts'

/** What came over the wire, with all headers that did. */
export interface Wire {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

/** Calls as the older client does: `Authorization: Token`, and nothing that fetch would add or take away. */
export function wire(
  server: Pick<RunningServer, 'url'>,
  method: string,
  path: string,
  body?: unknown,
  { token = ADMIN_TOKEN, headers = {} }: { token?: string | null; headers?: Record<string, string> } = {},
): Promise<Wire> {
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const call = request(
      server.url + path,
      {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Token ${token}` }),
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
          ...headers,
        },
      },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const isJson = text !== '' && String(answer.headers['content-type']).includes('json')
          const { statusCode = 0, headers } = answer
          resolve({ status: statusCode, headers, text, body: isJson ? JSON.parse(text) : null })
        })
      },
    )
    call.on('error', reject)
    call.end(payload)
  })
}

/** A token of its own for each name: whoever shows it owns what it makes. */
export async function tokenOf(server: RunningServer, name: string, role = 'analyst'): Promise<string> {
  const { status, body } = await server.call('POST', '/api/tokens', { name, role })
  if (status !== 201) throw new Error(JSON.stringify(body))
  return body.token
}
