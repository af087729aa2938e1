import { createHmac, randomBytes } from 'node:crypto'

/** Where a rule's messages go, as `webhook_json` keeps it. */
export interface Webhook {
  url: string
  /** `whsec_` and base64. */
  secret: string
}

const PREFIX = 'whsec_'
/** The standard asks for 24 to 64. */
const SECRET_BYTES = 32

/** A secret as its receiver is told it: https://www.standardwebhooks.com. */
export function makeSecret(): string {
  return PREFIX + randomBytes(SECRET_BYTES).toString('base64')
}

/** The headers that say which message this is, when it was sent and, by the secret, who sent it. */
export function signedHeaders(secret: string, id: string, atMs: number, body: string): Record<string, string> {
  const seconds = String(Math.floor(atMs / 1000))
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` }
}
