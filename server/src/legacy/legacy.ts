import type { Access } from '../http/access.ts'
import { HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { isOwnOrigin } from '../http/own-origin.ts'
import { type DebugPorts, debugRoutes } from './debug.ts'
import { takeAnyBody } from './older-body.ts'
import { answerInText } from './plain-text.ts'
import { type ServersPorts, serversRoutes } from './servers.ts'
import { type LegacyTrainingPorts, legacyTrainingRoutes } from './training.ts'

export interface LegacyPorts extends DebugPorts, ServersPorts, LegacyTrainingPorts {}

/** Who may call a path of the older clients, which no token protected once. */
export type AccessFor = (role: Access) => Access

/** Every family of paths that older clients call. */
const FAMILIES: ((scope: Http, access: AccessFor, ports: LegacyPorts) => void)[] = [
  debugRoutes,
  serversRoutes,
  legacyTrainingRoutes,
]

/**
 * The paths that clients of an earlier back end call, with its bodies, texts and statuses.
 * @param open whether they need no token, as they did not then (AJAR_LEGACY_OPEN)
 */
export async function legacyRoutes(http: Http, open: boolean, ports: LegacyPorts) {
  await http.register(async (scope: Http) => {
    takeAnyBody(scope)
    answerInText(scope)
    refuseForeignPages(scope)
    scope.addHook('onRoute', (route) => {
      route.schema = { ...route.schema, tags: ['legacy'] }
    })
    for (const family of FAMILIES) family(scope, (role) => (open ? 'public' : role), ports)
  })
}

/** What needs no token could be called by any page that somebody near the server opens. */
function refuseForeignPages(scope: Http) {
  scope.addHook('onRequest', async ({ method, headers, caller, raw }) => {
    if (method === 'POST' && caller === null && headers.origin !== undefined && !isOwnOrigin(raw))
      throw new HttpError(403, 'cross_origin', 'Error, a page of another server may not call this without a token')
  })
}
