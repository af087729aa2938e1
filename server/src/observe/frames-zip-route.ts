import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Sources } from '../devices/sources.ts'
import type { FewAtOnce } from '../http/few-at-once.ts'
import type { Http } from '../http/http.ts'
import { CAMERA } from '../http/nouns.ts'
import { CameraPath, Milliseconds } from '../http/shapes.ts'
import { inFileName, refuseEmpty } from '../http/span.ts'
import { storedZip } from '../http/stored-zip.ts'
import { type FramesZipPorts, framesIn } from './frames-zip.ts'

/** @param exports those that are open, of whatever kind */
export function framesZipRoute(
  http: Http,
  { sources, exports, ...ports }: FramesZipPorts & { sources: Sources; exports: FewAtOnce },
) {
  http.get(
    '/api/cameras/:device/:camera/frames.zip',
    {
      exposeHeadRoute: false, // it would read all of it, for nobody
      config: { access: 'operator' },
      schema: {
        summary: 'The stored pictures of a span as a zip, with what was said of each',
        description:
          '`<yyyymmdd_hhmmss_mmm>.jpg` (UTC) and results.ndjson, a line a picture: {file, frame, capturedAt, outcome, ' +
          'label, result}; `file` is null where a picture went before its turn. Of more than 500,000 pictures the last ' +
          'line is {next}: ask again from then on. A zip that ends without its list of files was cut off.',
        params: CameraPath,
        querystring: Type.Object({
          from: Milliseconds,
          to: Milliseconds,
          state: Type.Optional(Type.String({ description: 'only those whose result said so' })),
          imported: Type.Boolean({ default: false, description: 'with pictures that were imported with their labels' }),
          every: Type.Optional(
            Type.Integer({ minimum: 1, description: 'of those asked for only the first of each so many milliseconds' }),
          ),
        }),
      },
    },
    async ({ params, query }, reply) => {
      const { id, device, name: camera } = sources.at(CAMERA, params)
      refuseEmpty(query)
      const zip = exports.open(() => Readable.from(storedZip(framesIn(ports, { ...query, camera: id }))))
      const name = `${device}-${camera}-frames${inFileName(query)}.zip`
      return reply.type('application/zip').header('content-disposition', `attachment; filename="${name}"`).send(zip)
    },
  )
}
