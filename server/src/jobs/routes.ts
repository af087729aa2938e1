import { Type } from 'typebox'
import type { Http } from '../http/http.ts'
import { JobBody, shownJob } from '../http/job-body.ts'
import { listOf } from '../http/shapes.ts'
import type { Jobs } from './jobs.ts'

const ById = Type.Object({ id: Type.String() })

export function jobRoutes(http: Http, jobs: Jobs) {
  http.get(
    '/api/jobs',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Jobs, the newest first',
        querystring: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 500, default: 100 }) }),
        response: { 200: listOf(JobBody) },
      },
    },
    async ({ query }) => ({ items: (await jobs.list(query.limit)).map(shownJob), next: null }),
  )

  http.get(
    '/api/jobs/:id',
    { config: { access: 'viewer' }, schema: { summary: 'One job', params: ById, response: { 200: JobBody } } },
    async ({ params }) => shownJob(await jobs.get(params.id)),
  )

  http.delete(
    '/api/jobs/:id',
    {
      config: { access: 'operator' },
      schema: { summary: 'Cancel a job', params: ById, response: { 200: JobBody } },
    },
    async ({ params }) => shownJob(await jobs.cancel(params.id)),
  )
}
