import { Type } from 'typebox'
import type { Sources } from '../../devices/sources.ts'
import type { FewAtOnce } from '../../http/few-at-once.ts'
import type { Http } from '../../http/http.ts'
import { CAMERA, SENSOR } from '../../http/nouns.ts'
import { CameraPath } from '../../http/shapes.ts'
import { type ExportCsvPorts, exportCsv } from './csv/export-csv.ts'
import { type ExportPorts, exportLabelled } from './export.ts'

const Marks = Type.Object({
  marks: Type.Boolean({ default: true, description: 'with those that are marked `unclear` or `ignore`' }),
})

/** @param exports those that are open, of whatever kind */
export function exportRoutes(
  http: Http,
  { sources, exports, ...ports }: ExportPorts & ExportCsvPorts & { sources: Sources; exports: FewAtOnce },
) {
  http.get(
    '/api/cameras/:device/:camera/export',
    {
      exposeHeadRoute: false, // it would read all of it, for nobody
      config: { access: 'operator' },
      schema: {
        summary: 'All labelled frames of a camera as a zip, which import reads again',
        description:
          '`<state>/<yyyymmdd_hhmmss_mmm>.jpg` and manifest.json: {format: 1, camera, states, exportedAt, digest, frames: ' +
          '[{file, frame, state, capturedAt, author, labelledAt, sha256}]}; `file` is null where a picture is gone. ' +
          'Borrowed labels are not its own. A zip that ends without its list of files was cut off.',
        params: CameraPath,
        querystring: Marks,
      },
    },
    async ({ params, query }, reply) => {
      const camera = sources.at(CAMERA, params)
      const zip = exports.open(() => exportLabelled(camera, ports, query))
      const name = `${camera.device}-${camera.name}-labels.zip`
      return reply.type('application/zip').header('content-disposition', `attachment; filename="${name}"`).send(zip)
    },
  )

  http.get(
    `${SENSOR.path}/export`,
    {
      exposeHeadRoute: false,
      config: { access: 'operator' },
      schema: {
        summary: 'All labelled readings of a sensor as a CSV, which import reads again',
        description:
          '`Label,at,` and a column for each number: those of amplitudes end in `_mag`, of phases in `_phase`, others are ' +
          '`value_1` and so on. Times are ISO 8601, UTC.',
        produces: ['text/csv'],
        params: SENSOR.params,
        querystring: Marks,
      },
    },
    async ({ params, query }, reply) => {
      const sensor = sources.at(SENSOR, params)
      const csv = exports.open(() => exportCsv(sensor, ports, query))
      const name = `${sensor.device}-${sensor.name}-labels.csv`
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(csv)
    },
  )
}
