import type { FastifyInstance } from 'fastify'
import { badRequest } from './errors.ts'

/** Ajv makes a number of the text `Infinity`, or of a thousand digits, and then holds it to no bound. */
export function refuseInfinity(http: FastifyInstance) {
  http.addHook('preHandler', async ({ query, params }) => {
    for (const part of [query, params])
      for (const [field, value] of Object.entries(part ?? {}))
        for (const one of [value].flat())
          if (typeof one === 'number' && !Number.isFinite(one))
            throw badRequest('bad_request', `${field} must be a finite number`, field)
  })
}
