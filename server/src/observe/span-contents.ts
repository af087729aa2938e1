import { Type } from 'typebox'
import type { StateDatabase } from '../database/state-database.ts'
import type { Cameras } from '../devices/cameras.ts'
import type { Http } from '../http/http.ts'
import { CameraPath, Milliseconds } from '../http/shapes.ts'

const SpanContents = Type.Object({ frames: Type.Integer(), labelled: Type.Integer() })

/** What lies in a span of a camera, for whoever is about to remove it. */
export function spanContentsRoute(http: Http, { database, cameras }: { database: StateDatabase; cameras: Cameras }) {
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
      const { id } = cameras.get(`${params.device}/${params.camera}`)
      return database.read
        .selectFrom('frames as f')
        .leftJoin('labels as l', (join) =>
          join.onRef('l.camera', '=', 'f.camera').onRef('l.captured_at', '=', 'f.captured_at'),
        )
        .select(({ fn }) => [fn.countAll<number>().as('frames'), fn.count<number>('l.state').as('labelled')])
        .where('f.camera', '=', id)
        .where('f.captured_at', '>=', from)
        .where('f.captured_at', '<', to)
        .executeTakeFirstOrThrow()
    },
  )
}
