import { request } from 'node:https'
import { readTrust } from '@ajar/edge-agent'

/** What `Api` sends and what it reads of an answer: the part of `fetch` that it needs. */
export interface Call {
  method: string
  headers: Record<string, string>
  body?: string | Uint8Array
}

export interface Answer {
  status: number
  text(): Promise<string>
}

/** So long may an answer take. */
const ANSWER_MS = 120_000

/**
 * `fetch` for a server whose certificate stands in the file `ca`: fetch itself takes no certificate. The file is read
 * for each call, so that one which was renewed is known at once.
 */
export async function secureFetch(url: string, { method, headers, body }: Call, ca: string): Promise<Answer> {
  const trust = await readTrust(ca)
  return new Promise((resolve, reject) => {
    // No agent: a connection kept open would be trusted for what the file said then.
    const call = request(url, { method, headers, agent: false, timeout: ANSWER_MS, ...trust }, async (answer) => {
      try {
        const text = Buffer.concat(await answer.toArray()).toString()
        resolve({ status: answer.statusCode ?? 0, text: async () => text })
      } catch (error) {
        reject(error)
      }
    })
    call.once('timeout', () => call.destroy(new Error(`${url} does not answer`)))
    call.once('error', reject)
    call.end(body)
  })
}
