import { Type } from 'typebox'
import { callerOf } from '../../http/access.ts'
import { notFound } from '../../http/errors.ts'
import type { Http } from '../../http/http.ts'
import { nullable } from '../../http/shapes.ts'
import type { ProgramsState } from '../machine/report.ts'
import { PRINTED } from '../perform/printed.ts'
import { MODES, type ProgramLimits } from '../program.ts'
import { FILE_CHARACTERS, MOST_FILES, TOTAL_BYTES } from '../request/check-files.ts'
import type { ProgramRuns } from '../runs/program-runs.ts'
import { whoIs } from './who.ts'

export interface OwnRoutesPorts {
  runs: Pick<ProgramRuns, 'cancel'>
  languages(): Promise<ProgramsState>
  limits: ProgramLimits
}

const Languages = Type.Object({
  available: Type.Boolean({ description: 'programs can be run here' }),
  reason: nullable(Type.String({ description: 'why not, and how that is mended' })),
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      title: Type.String(),
      version: Type.String({ description: 'of its tool, such as `gcc 12.2.0`' }),
      endings: Type.Array(Type.String({ description: 'of files, with the dot' })),
      modes: Type.Array(Type.Enum([...MODES])),
      example: Type.Object({ basename: Type.String(), contents: Type.String() }),
      switches: Type.Array(Type.String(), { description: 'what takes switches: `Builder`, `Compiler`' }),
    }),
  ),
  limits: Type.Object({
    ms: Type.Integer({ description: 'of a run; its build may take three times that' }),
    memoryBytes: Type.Integer(),
    processes: Type.Integer(),
    fileCharacters: Type.Integer({ description: 'of a file' }),
    files: Type.Integer({ description: 'of a program' }),
    totalBytes: Type.Integer({ description: 'of all files together' }),
    printedBytes: Type.Integer({ description: 'what a run may print, its build included, as UTF-8' }),
    printedLines: Type.Integer({ description: 'lines that it may print' }),
  }),
})

/** What the console asks beside the paths of the older client. */
export function ownRoutes(http: Http, { runs, languages, limits }: OwnRoutesPorts) {
  http.get(
    '/api/programs/languages',
    {
      config: { access: 'analyst' },
      schema: {
        summary: 'Languages that programs can be written in here, and what bounds them',
        response: { 200: Languages },
      },
    },
    async () => {
      const { available, reason, languages: items } = await languages()
      const { ms, memoryBytes, processes } = limits
      return {
        ...{ available, reason },
        items: items.map((each) => ({
          ...each,
          endings: [...each.endings],
          modes: [...each.modes],
          switches: [...each.switches],
        })),
        limits: {
          ...{ ms, memoryBytes, processes },
          ...{ fileCharacters: FILE_CHARACTERS, files: MOST_FILES, totalBytes: TOTAL_BYTES },
          ...{ printedBytes: PRINTED.bytes, printedLines: PRINTED.lines },
        },
      }
    },
  )

  http.delete(
    '/api/programs/runs/:id',
    {
      config: { access: 'analyst' },
      schema: {
        summary: 'End a run that waits or runs',
        description: 'What it had said is kept. One that has ended stays as it is.',
        params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const isThere = await runs.cancel(whoIs(callerOf(request), request.ip), request.params.id)
      if (!isThere) throw notFound(`the run ${request.params.id}`)
      return reply.status(204).send(null)
    },
  )
}
