import { Type } from 'typebox'
import type { Cameras } from '../devices/cameras.ts'
import { callerName } from '../http/access.ts'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Training } from './training.ts'

export interface TrainingRoutesPorts {
  cameras: Cameras
  jobs: Jobs
  training: Training
}

export function trainingRoutes(http: Http, { cameras, jobs, training }: TrainingRoutesPorts) {
  http.post(
    '/api/training',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Train the model of a camera from its labels; answers with the job',
        body: Type.Object(
          {
            camera: Type.String(),
            seed: Type.Optional(
              Type.Integer({
                minimum: 0,
                description: 'a number kept with the model; it changes nothing, for nothing is drawn at random',
              }),
            ),
            force: Type.Optional(
              Type.Boolean({ description: 'activate the model even where it is clearly worse than the active one' }),
            ),
            augmentations: Type.Optional(
              Type.Integer({
                minimum: 0,
                maximum: 16,
                description: 'variants of each labelled frame (light, shift, noise) to learn from besides itself',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 202: JobBody },
      },
    },
    async (request, reply) => {
      const { camera: id, ...params } = request.body
      await training.check(cameras.get(id))
      return reply
        .status(202)
        .send(shownJob(await jobs.create('training', id, { ...params, author: callerName(request) })))
    },
  )
}
