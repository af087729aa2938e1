import type { FastifyRequest } from 'fastify'
import type { Access } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { analysisRoutes } from './analysis/routes.ts'
import { baseOf } from './files/base-of.ts'
import { uploadRoutes } from './files/upload-routes.ts'
import type { Laboratory } from './open-laboratory.ts'
import { pollRoute } from './poll/poll-route.ts'
import { archiveRoutes } from './shown/archive-routes.ts'
import { signedRoute } from './shown/signed-route.ts'

/** The archive, uploads, and pictures as they are looked at. */
export async function pictureRoutes(
  http: Http,
  { shown, uploads, files, newPictures }: Pick<Laboratory, 'shown' | 'uploads' | 'files' | 'newPictures'>,
  { publicUrl, pollAccess }: { publicUrl: string; pollAccess: Access },
) {
  const ports = {
    ...shown,
    baseOf: (request: FastifyRequest) => baseOf(request, publicUrl),
    /** An admin reads everybody's. */
    readerOf: ({ caller }: FastifyRequest) => (caller?.role === 'admin' ? null : (caller?.account ?? '')),
  }
  archiveRoutes(http, ports)
  signedRoute(http, ports)
  pollRoute(http, { ...ports, newPictures, access: pollAccess })
  await uploadRoutes(http, { ...ports, uploads, files })
  await analysisRoutes(http, ports)
}
