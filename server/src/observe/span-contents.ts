import { sql } from 'kysely'
import { Type } from 'typebox'
import type { StateDatabase } from '../database/state-database.ts'
import type { Sources } from '../devices/sources.ts'
import type { Http } from '../http/http.ts'
import { CAMERA } from '../http/nouns.ts'
import { CameraPath, Milliseconds } from '../http/shapes.ts'

const SLICE = 20_000
const SpanContents = Type.Object({ frames: Type.Integer(), labelled: Type.Integer() })

/** What lies in a span of a camera, for whoever is about to remove it. */
export function spanContentsRoute(http: Http, { database, sources }: { database: StateDatabase; sources: Sources }) {
  http.get(
    '/api/cameras/:device/:camera/frames',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'How many frames lie in a span, and how many of them are labelled',
        params: CameraPath,
        querystring: Type.Object({ from: Milliseconds, to: Milliseconds }),
        response: { 200: SpanContents },
      },
    },
    async ({ params, query: { from, to } }) => {
      const { id } = sources.at(CAMERA, params)
      return {
        frames: await countFrames(database.read, id, from, to),
        labelled: await countLabelled(database.read, id, from, to),
      }
    },
  )
}

/** Slice by slice: of a year there are millions, and whoever else reads waits for a slice only. */
async function countFrames(read: StateDatabase['read'], camera: string, from: number, to: number): Promise<number> {
  for (let [frames, after] = [0, from]; ; ) {
    const { rows } = await sql<{ frames: number; last: number | null }>`
      select count(*) as frames, max(captured_at) as last from (
        select captured_at from frames where camera = ${camera} and captured_at >= ${after} and captured_at < ${to}
        order by captured_at limit ${SLICE})`.execute(read)
    const slice = rows[0]
    frames += slice?.frames ?? 0
    if (slice?.last == null || slice.frames < SLICE) return frames
    after = slice.last + 1
  }
}

async function countLabelled(read: StateDatabase['read'], camera: string, from: number, to: number): Promise<number> {
  const { labelled } = await read
    .selectFrom('labels as l')
    .innerJoin('frames as f', (join) =>
      join.onRef('f.camera', '=', 'l.camera').onRef('f.captured_at', '=', 'l.captured_at'),
    )
    .select(({ fn }) => fn.countAll<number>().as('labelled'))
    .where('l.camera', '=', camera)
    .where('l.captured_at', '>=', from)
    .where('l.captured_at', '<', to)
    .executeTakeFirstOrThrow()
  return labelled
}
