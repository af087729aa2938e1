import type { Http } from '../http/http.ts'
import type { Logging } from './logging.ts'
import { cutAtWord } from './secret-forms.ts'

/** No path of ours is longer: what is belongs to a stranger. */
const MOST_PATH = 200

/** Logs each answered request, at debug. The query of its address is left out. */
export function requestLines(http: Http, logging: Pick<Logging, 'of'>) {
  const log = logging.of('http')
  http.addHook('onResponse', async (request, reply) => {
    if (!log.isLevelEnabled('debug')) return
    const [whole = ''] = request.url.split('?', 1)
    const path = cutAtWord(whole, MOST_PATH)
    const by = request.caller?.name ?? null
    log.debug(
      { method: request.method, path, status: reply.statusCode, ms: Math.round(reply.elapsedTime), by },
      'request answered',
    )
  })
}
