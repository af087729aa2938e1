import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { HttpError } from './errors.ts'
import type { Http } from './http.ts'
import { isOwnOrigin } from './own-origin.ts'

/** What needs no token could be called by any page that somebody near the server opens. */
export function refuseForeignPages(scope: Http, mayCall: (origin: string) => boolean = () => false) {
  scope.addHook('onRequest', async ({ caller, raw }) => {
    // A browser that asks first shows no token, and changes nothing.
    if (caller === null && raw.method !== 'OPTIONS') checkStranger(raw, mayCall)
  })
}

/**
 * To be asked of whoever showed no token.
 * @param mayCall whether pages of an origin may call, although they are of another server
 * @throws HttpError 403 where it may be a page that its user knows nothing of
 */
export function checkStranger(request: IncomingMessage, mayCall: (origin: string) => boolean) {
  const { host, origin } = request.headers
  if (origin !== undefined && mayCall(origin)) return
  // Whoever owns a name can let it lead here, and then his page is one of this very server.
  if (!isNear(host))
    throw new HttpError(
      403,
      'foreign_host',
      'Error, without a token this server is called by its IP address or its own name',
    )
  const mayChange = request.method === 'POST' || request.headers.upgrade !== undefined
  if (mayChange && origin !== undefined && !isOwnOrigin(request))
    throw new HttpError(403, 'cross_origin', 'Error, a page of another server may not call this without a token')
}

/** Whether a host is none that somebody far away can let lead here; clients that are no browsers may leave it out. */
function isNear(host: string | undefined): boolean {
  if (!host) return true
  const name = URL.parse(`http://${host}`)?.hostname
  if (!name) return false
  return (
    isIP(name.replace(/^\[|\]$/g, '')) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.local') || // answered by the network itself (RFC 6762)
    name === hostname().toLowerCase()
  )
}
