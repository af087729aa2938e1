import { refuseForeignPages } from '../http/foreign-pages.ts'
import type { Http } from '../http/http.ts'
import type { Logging } from '../logging/logging.ts'
import type { AccessFor } from './access-for.ts'
import { logCalls } from './call-lines.ts'
import { type DebugPorts, debugRoutes } from './debug.ts'
import { type MlPorts, mlRoutes } from './ml.ts'
import { takeAnyBody } from './older-body.ts'
import { answerInText } from './plain-text.ts'
import { type ServersPorts, serversRoutes } from './servers.ts'
import { type LegacyTrainingPorts, legacyTrainingRoutes } from './training.ts'

export interface LegacyPorts extends DebugPorts, ServersPorts, LegacyTrainingPorts, MlPorts {
  logging: DebugPorts['logging'] & Pick<Logging, 'of'>
}

/** Every family of paths that older clients call. */
const FAMILIES: ((scope: Http, access: AccessFor, ports: LegacyPorts) => void | Promise<void>)[] = [
  debugRoutes,
  serversRoutes,
  legacyTrainingRoutes,
  mlRoutes,
]

/**
 * The paths that clients of an earlier back end call, with its bodies, texts and statuses.
 * @param open whether they need no token, as they did not then (AJAR_LEGACY_OPEN)
 */
export async function legacyRoutes(http: Http, open: boolean, ports: LegacyPorts) {
  await http.register(async (scope: Http) => {
    logCalls(scope, ports.logging.of('legacy'))
    takeAnyBody(scope)
    answerInText(scope)
    refuseForeignPages(scope)
    for (const family of FAMILIES) await family(scope, (role) => (open ? 'public' : role), ports)
  })
}
