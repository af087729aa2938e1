import type { Http } from '../http/http.ts'
import type { Log } from '../logging/levels.ts'
import { SparingLog } from '../logging/sparing-log.ts'

const REFUSED = 400

/** Logs who calls the older paths: each call at debug, and refusals sparingly, as old devices repeat themselves for ever. */
export function logCalls(scope: Http, log: Log) {
  const sparing = new SparingLog(log)
  scope.addHook('onResponse', async ({ method, routeOptions, caller, ip }, { statusCode: status }) => {
    const call = { method, path: routeOptions.url, status, by: caller?.name ?? null, from: ip }
    log.debug(call, 'older path called')
    if (status >= REFUSED) sparing.warn(`${status}`, call, 'a call of an older path was refused')
  })
}
