import { Type } from 'typebox'
import { badToken, HttpError } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { isOwnOrigin } from '../http/own-origin.ts'
import { sessionCookie, setSessionCookie } from '../http/session-cookie.ts'
import type { Accounts } from './accounts.ts'
import { Role, SIGN_IN_BYTES, SIGN_IN_LIMIT } from './routes.ts'

const Session = Type.Object({ name: Type.String({ description: 'the person, or the name of the token' }), role: Role })
const strict = { additionalProperties: false }
const Proof = Type.Union([
  Type.Object({ token: Type.String({ maxLength: 200 }) }, strict),
  Type.Object({ name: Type.String({ maxLength: 32 }), password: Type.String({ maxLength: 200 }) }, strict),
])

/** The console's sign-in: a token, or name and password, becomes a cookie that holds a token of its own. */
export function sessionRoutes(http: Http, accounts: Accounts) {
  http.get(
    '/api/session',
    {
      config: { access: 'viewer' },
      schema: { summary: 'Who is signed in', response: { 200: Session } },
    },
    async ({ caller }) => {
      if (!caller) throw badToken()
      return { name: caller.name, role: caller.role }
    },
  )

  http.post(
    '/api/session',
    {
      config: { access: 'public', rateLimit: SIGN_IN_LIMIT },
      bodyLimit: SIGN_IN_BYTES,
      schema: {
        summary: 'Sign a browser in: answers with a cookie',
        body: Proof,
        response: { 200: Session },
      },
    },
    async (request, reply) => {
      // Another site must not sign somebody in as who he is not.
      if (request.headers.origin !== undefined && !isOwnOrigin(request.raw))
        throw new HttpError(403, 'cross_origin', 'only pages of this server may sign in to its console')
      const { body } = request
      const { token, row } =
        'token' in body
          ? await accounts.openConsole(body.token)
          : await accounts.signIn(body.name, body.password, 'console')
      const before = sessionCookie(request.raw)
      if (before !== null) await accounts.signOut(before)
      setSessionCookie(reply, token, Math.max(0, Math.floor(((row.expires_at ?? 0) - Date.now()) / 1000)))
      return { name: accounts.authenticate(token)?.name ?? row.name, role: row.role }
    },
  )

  http.delete(
    '/api/session',
    {
      config: { access: 'public' },
      bodyLimit: SIGN_IN_BYTES,
      schema: { summary: 'Sign the browser out: the token of its cookie ends' },
    },
    async (request, reply) => {
      const token = sessionCookie(request.raw)
      if (token !== null) await accounts.signOut(token)
      setSessionCookie(reply, '', 0)
      return reply.status(204).send()
    },
  )
}
