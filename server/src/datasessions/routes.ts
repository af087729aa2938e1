import type { Access } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { executionRoutes } from './execution/routes.ts'
import type { Laboratory } from './open-laboratory.ts'
import { pictureRoutes } from './picture-routes.ts'
import { availableOperationsRoute } from './rest/available-operations.ts'
import { speakAsOlder } from './rest/older-scope.ts'
import { operationRoutes } from './rest/operation-routes.ts'
import { type PortalPorts, portalRoutes } from './rest/portal-routes.ts'
import { sessionRoutes } from './rest/session-routes.ts'

export interface LaboratoryRoutesPorts extends PortalPorts {
  /** AJAR_PUBLIC_URL, or empty. */
  publicUrl: string
  /** Who may ask for new pictures: the older viewer's path may need no token. */
  pollAccess: Access
}

/** What the older client of the laboratory calls, with its bodies and errors; and what only our console does. */
export async function laboratoryRoutes(http: Http, laboratory: Laboratory, ports: LaboratoryRoutesPorts) {
  const { sessions, operations, available, usage } = laboratory
  const { publicUrl } = ports
  await http.register(async (scope: Http) => {
    await speakAsOlder(scope)
    // Routes are added here: what they throw is answered as the older server did, see `older-scope.ts`.
    sessionRoutes(scope, { sessions, operations, publicUrl })
    operationRoutes(scope, { sessions, operations, available, publicUrl })
    executionRoutes(scope, { sessions, operations, usage, publicUrl })
    availableOperationsRoute(scope, available)
    portalRoutes(scope, ports)
    await pictureRoutes(scope, laboratory, ports)
  })
}
