import { Type } from 'typebox'
import { HttpError } from '../../http/errors.ts'
import type { Http } from '../../http/http.ts'
import { FieldErrors } from '../field-errors.ts'
import { analyst } from './shapes.ts'

export interface PortalPorts {
  /** @throws HttpError 401 `bad_credentials` */
  signIn(name: string, password: string): Promise<{ token: string }>
  /** Names of all devices. */
  devices(): string[]
}

/** Guessing is slow. */
const LIMIT = { max: 10, timeWindow: 60_000 }
const MOST_BYTES = 16 * 1024
const Proposal = Type.Object({ id: Type.String(), title: Type.String(), current: Type.Boolean() })

/** The account calls of the older browser client: it signs in, and asks in which proposals somebody observes. */
export function portalRoutes(http: Http, { signIn, devices }: PortalPorts) {
  http.post(
    '/portal/api-token-auth/',
    {
      config: { access: 'public', rateLimit: LIMIT },
      bodyLimit: MOST_BYTES,
      schema: {
        summary: 'Sign in with name and password; the token is good for 30 days',
        body: Type.Object({
          username: Type.String({ minLength: 1, maxLength: 200 }),
          password: Type.String({ minLength: 1, maxLength: 200 }),
        }),
        response: { 200: Type.Object({ token: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { username, password } = request.body
      const { token } = await signIn(username, password).catch((error) => {
        if (!(error instanceof HttpError) || error.status !== 401) throw error
        throw new FieldErrors({ non_field_errors: ['Unable to log in with provided credentials.'] })
      })
      return reply.header('cache-control', 'no-store').send({ token })
    },
  )

  http.get(
    '/portal/profile/',
    {
      config: analyst,
      schema: {
        summary: 'Who is signed in, with a proposal for each device',
        response: { 200: Type.Object({ proposals: Type.Array(Proposal) }) },
      },
    },
    async () => ({
      proposals: devices().map((device) => ({ id: device, title: device, current: true })),
    }),
  )
}
