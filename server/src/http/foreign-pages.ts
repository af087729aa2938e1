import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { isOwnOrigin } from '../http/own-origin.ts'

/** What needs no token could be called by any page that somebody near the server opens. */
export function refuseForeignPages(scope: Http) {
  scope.addHook('onRequest', async ({ method, headers, caller, raw }) => {
    if (caller !== null) return
    // Whoever owns a name can let it lead here, and then his page is one of this very server.
    if (!isNear(headers.host))
      throw new HttpError(
        403,
        'foreign_host',
        'Error, without a token this server is called by its IP address or its own name',
      )
    if (method === 'POST' && headers.origin !== undefined && !isOwnOrigin(raw))
      throw new HttpError(403, 'cross_origin', 'Error, a page of another server may not call this without a token')
  })
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
