import type { Http } from '../http/http.ts'
import type { Logging } from './logging.ts'

/** Logs each answered request, at debug. The query of its address is left out. */
export function requestLines(http: Http, logging: Pick<Logging, 'of'>) {
  const log = logging.of('http')
  http.addHook('onResponse', async (request, reply) => {
    if (!log.isLevelEnabled('debug')) return
    const [path] = request.url.split('?', 1)
    const by = request.caller?.name ?? null
    log.debug(
      { method: request.method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime), by },
      'request answered',
    )
  })
}
