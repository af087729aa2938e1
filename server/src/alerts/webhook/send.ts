import type { BlockList } from 'node:net'
import server from '../../../package.json' with { type: 'json' }
import { judgedAddresses, type Lookup } from './addresses.ts'
import { hostOf, judgeUrl } from './judge-url.ts'
import { type PostAnswer, post } from './post.ts'
import { signedHeaders, type Webhook } from './sign.ts'

export interface SenderParts {
  allow: BlockList
  /** Milliseconds UTC. */
  now(): number
  /** From the question where the name leads to the end of the answer, ms. */
  limitMs: number
  lookup: Lookup
  /** Ends whatever is on its way. */
  signal: AbortSignal
}

/**
 * Sends one message once.
 * @throws Error in words where no answer came, or nothing may be sent there
 */
export type Sender = (webhook: Webhook, id: string, body: string) => Promise<PostAnswer>

export function sender({ allow, now, limitMs, lookup, signal }: SenderParts): Sender {
  return async ({ url: address, secret }, id, body) => {
    // Judged when it was taken in, perhaps under another setting.
    const wrong = judgeUrl(address, allow)
    if (wrong !== null) throw new Error(wrong)
    const url = new URL(address)
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new Error(`no whole answer within ${limitMs / 1000} s`)), limitMs)
    const over = AbortSignal.any([late.signal, signal])
    try {
      const addresses = await unlessOver(judgedAddresses(hostOf(url), allow, lookup), over)
      return await post({
        ...{ url, body, addresses, signal: over },
        headers: {
          'content-type': 'application/json',
          'user-agent': `ajar/${server.version}`,
          ...signedHeaders(secret, id, now(), body),
        },
      })
    } finally {
      clearTimeout(timer)
    }
  }
}

/** What a resolver answers, or the reason of the signal. A signal that is listened to lives as long as the server. */
async function unlessOver<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
