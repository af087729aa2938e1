import type { Http } from '../../http/http.ts'
import type { Log } from '../../logging/levels.ts'
import { isOnList } from '../../origin-list.ts'
import type { Settings } from '../../settings.ts'
import { baseProject, languageOf } from '../languages.ts'
import type { Programs } from '../open-programs.ts'
import { olderRoutes } from './older-routes.ts'
import { ownRoutes } from './own-routes.ts'
import { socketRoute } from './socket-route.ts'

type ReadSettings = Pick<
  Settings,
  'legacyOpen' | 'programsOrigins' | 'programMs' | 'programMemoryBytes' | 'programProcesses'
>

/** All calls that have programs run, and read what they say. */
export async function programRoutes(
  http: Http,
  { runs, languages }: Pick<Programs, 'runs' | 'languages'>,
  { settings, log }: { settings: ReadSettings; log: Log },
) {
  const isOpen = settings.legacyOpen === '1'
  const older = {
    ...{ runs, languageOf, baseProject },
    access: isOpen ? ('public' as const) : ('analyst' as const),
    mayCall: (origin: string) => isOpen && isOnList(settings.programsOrigins, origin),
  }
  await olderRoutes(http, older)
  socketRoute(http, { ...older, log })
  ownRoutes(http, {
    ...{ runs, languages },
    limits: {
      ...{ ms: settings.programMs, memoryBytes: settings.programMemoryBytes, processes: settings.programProcesses },
    },
  })
}
