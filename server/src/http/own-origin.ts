import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'

/**
 * Whether a page of this very server made the browser call (RFC 6454, 7; W3C Fetch Metadata). What sends no Origin is no
 * browser that says so, and gets no benefit of the doubt. Behind a proxy this holds as long as it hands on `Host`.
 */
export function isOwnOrigin({ headers, socket }: IncomingMessage): boolean {
  if (headers['sec-fetch-site'] === 'cross-site') return false
  const origin = URL.parse(headers.origin ?? '')
  if (!origin || origin.host === '') return false
  if (socket instanceof TLSSocket && origin.protocol !== 'https:') return false
  return origin.host === headers.host?.toLowerCase()
}
