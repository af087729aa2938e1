import { Type } from 'typebox'
import type { JobRow } from '../database/schema.ts'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import { iso, isoOrNull, listOf, NullableTime, nullable, Time } from '../http/shapes.ts'
import type { BackupSummary } from './backup-folder.ts'

export interface BackupRoutesPorts {
  folder: string
  /** When the next nightly one is due, milliseconds UTC, or null. */
  nextAt(): number | null
  list(): Promise<BackupSummary[]>
  ask(allFrames: boolean, owner: string): Promise<JobRow>
  remove(name: string): Promise<void>
}

const Backup = Type.Object({
  name: Type.String({ description: 'of its folder' }),
  at: Time,
  bytes: Type.Number({ description: 'of all its files; unchanged ones are shared with the backup before' }),
  frames: Type.Integer(),
  models: Type.Integer(),
  complete: Type.Boolean({ description: 'false: it was copied half-way, or something else has its name' }),
  kind: Type.Enum(['nightly', 'asked']),
})
const Backups = Type.Object({
  ...listOf(Backup).properties,
  folder: Type.String({ description: 'where they lie on the server' }),
  nextAt: NullableTime,
})
const Order = Type.Object(
  { allFrames: Type.Optional(Type.Boolean({ description: 'also frames that nothing keeps' })) },
  { additionalProperties: false },
)

export function backupRoutes(http: Http, { folder, nextAt, list, ask, remove }: BackupRoutesPorts) {
  http.get(
    '/api/backups',
    { config: { access: 'admin' }, schema: { summary: 'Backups, the newest first', response: { 200: Backups } } },
    async () => {
      const items = (await list()).map((backup) => ({ ...backup, at: iso(backup.at) }))
      return { items, next: null, folder, nextAt: isoOrNull(nextAt()) }
    },
  )

  http.post(
    '/api/backups',
    {
      config: { access: 'admin' },
      schema: { summary: 'Make a backup now, beside all else', body: nullable(Order), response: { 202: JobBody } },
    },
    async (request, reply) =>
      reply.status(202).send(shownJob(await ask(request.body?.allFrames ?? false, callerName(request)))),
  )

  http.delete(
    '/api/backups/:name',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Remove a backup',
        description: 'The only whole one stays: 409 `last_backup`.',
        params: Type.Object({ name: Type.String() }),
      },
    },
    async ({ params }, reply) => {
      await remove(params.name)
      return reply.status(204).send()
    },
  )
}
