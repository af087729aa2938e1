import { Type } from 'typebox'
import type { Sources } from '../devices/sources.ts'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import { TrainingParams } from '../http/training-params.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Training } from './training.ts'

export interface TrainingRoutesPorts {
  sources: Sources
  jobs: Jobs
  training: Training
}

export function trainingRoutes(http: Http, { sources, jobs, training }: TrainingRoutesPorts) {
  http.post(
    '/api/training',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Train the model of a camera from its labels; answers with the job',
        body: Type.Object(
          {
            camera: Type.String(),
            ...TrainingParams,
            force: Type.Optional(
              Type.Boolean({ description: 'activate the model even where it is clearly worse than the active one' }),
            ),
            startAt: Type.Optional(
              Type.String({ format: 'date-time', description: 'not begun before, at most a year ahead; else at once' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 202: JobBody },
      },
    },
    async (request, reply) => {
      const { camera: id, startAt, ...params } = request.body
      await training.check(sources.get(id))
      const runAt = startAt === undefined ? null : Date.parse(startAt)
      const job = await jobs.create('training', id, params, { owner: callerName(request), runAt })
      return reply.status(202).send(shownJob(job))
    },
  )
}
