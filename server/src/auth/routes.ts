import { Type } from 'typebox'
import type { TokenRow, UserRow } from '../database/schema.ts'
import { badRequest } from '../http/errors.ts'
import type { Http } from '../http/http.ts'
import { iso, listOf, NullableTime, Time } from '../http/shapes.ts'
import type { Accounts } from './accounts.ts'

export const Role = Type.Enum(['admin', 'operator', 'viewer', 'analyst'])
/** Guessing is slow. */
export const SIGN_IN_LIMIT = { max: 10, timeWindow: 60_000 }
/** Whoever shows no token has little to say: a name and a password. */
export const SIGN_IN_BYTES = 16 * 1024
const Token = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Role,
  user: Type.Union([Type.String(), Type.Null()]),
  disabled: Type.Boolean(),
  createdAt: Time,
  expiresAt: NullableTime,
})
const NewToken = Type.Object({ token: Type.String({ description: 'shown this once' }), ...Token.properties })
const User = Type.Object({ name: Type.String(), role: Role, disabled: Type.Boolean(), createdAt: Time })
const Password = Type.String({ minLength: 8, maxLength: 200 })
const ById = Type.Object({ id: Type.String() })
/** As names of devices, but for `_`, which stands in no topic and no id of theirs. */
const PersonName = Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,31}$' })
/** What an HTTP header can hold without a space (RFC 9110, 5.6.2 and 11.4). Shorter ones could be guessed. */
const GivenToken = Type.String({ pattern: '^[\\x21-\\x7e]+$', minLength: 16, maxLength: 200 })
const ByName = Type.Object({ name: PersonName })
const strict = { additionalProperties: false }

/** People, their sign-ins, and tokens. */
export function authRoutes(http: Http, accounts: Accounts) {
  http.post(
    '/api/sessions',
    {
      config: { access: 'public', rateLimit: SIGN_IN_LIMIT },
      bodyLimit: SIGN_IN_BYTES,
      schema: {
        summary: 'Sign in with name and password',
        body: Type.Object({ name: Type.String({ maxLength: 32 }), password: Type.String({ maxLength: 200 }) }, strict),
        response: { 201: NewToken },
      },
    },
    async (request, reply) => {
      const { token, row } = await accounts.signIn(request.body.name, request.body.password)
      return reply.status(201).send({ token, ...shown(row) })
    },
  )

  http.delete(
    '/api/sessions',
    { config: { access: 'viewer' }, schema: { summary: 'Sign out: the token of this call ends' } },
    async (request, reply) => {
      if (request.caller) await accounts.deleteToken(request.caller.tokenId)
      return reply.status(204).send()
    },
  )

  http.get(
    '/api/tokens',
    { config: { access: 'admin' }, schema: { summary: 'All tokens', response: { 200: listOf(Token) } } },
    async () => ({ items: accounts.listTokens().map(shown), next: null }),
  )

  http.post(
    '/api/tokens',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Make a token; it is shown in this answer only',
        description:
          '`token` is for test data, and for moving from a server where it was given away already: let ajar make one otherwise.',
        body: Type.Object(
          {
            name: Type.String({ minLength: 1, maxLength: 100 }),
            role: Type.Optional(Type.Enum(Role.enum, { description: "may be left out of a person's token only" })),
            user: Type.Optional(
              Type.String({ description: 'the person whose token it is: it has his role, and goes when he does' }),
            ),
            token: Type.Optional(GivenToken),
            expiresAt: Type.Optional(Time),
          },
          strict,
        ),
        response: { 201: NewToken },
      },
    },
    async (request, reply) => {
      const { role = null, expiresAt, ...asked } = request.body
      const { row, token } = await accounts.createToken({
        ...{ ...asked, role, expiresAt: expiresAt === undefined ? null : timeOf(expiresAt) },
      })
      return reply.status(201).send({ token, ...shown(row) })
    },
  )

  http.patch(
    '/api/tokens/:id',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Disable or enable a token',
        params: ById,
        body: Type.Object({ disabled: Type.Boolean() }, strict),
        response: { 200: Token },
      },
    },
    async (request) => shown(await accounts.setTokenDisabled(request.params.id, request.body.disabled)),
  )

  http.delete(
    '/api/tokens/:id',
    { config: { access: 'admin' }, schema: { summary: 'Revoke a token', params: ById } },
    async (request, reply) => {
      await accounts.deleteToken(request.params.id)
      return reply.status(204).send()
    },
  )

  http.get(
    '/api/users',
    { config: { access: 'admin' }, schema: { summary: 'All people', response: { 200: listOf(User) } } },
    async () => ({ items: (await accounts.listUsers()).map(shownUser), next: null }),
  )

  http.post(
    '/api/users',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Add a person',
        body: Type.Object({ name: PersonName, password: Password, role: Role }, strict),
        response: { 201: User },
      },
    },
    async (request, reply) => {
      const { name, password, role } = request.body
      return reply.status(201).send(shownUser(await accounts.createUser(name, password, role)))
    },
  )

  http.patch(
    '/api/users/:name',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Change password or role, disable or enable; ends all sign-ins of the person',
        params: ByName,
        body: Type.Object(
          {
            password: Type.Optional(Password),
            role: Type.Optional(Role),
            disabled: Type.Optional(Type.Boolean()),
          },
          strict,
        ),
        response: { 200: User },
      },
    },
    async (request) => shownUser(await accounts.changeUser(request.params.name, request.body)),
  )

  http.delete(
    '/api/users/:name',
    { config: { access: 'admin' }, schema: { summary: 'Remove a person and all sign-ins', params: ByName } },
    async (request, reply) => {
      await accounts.deleteUser(request.params.name)
      return reply.status(204).send()
    },
  )
}

/** A leap second has the format of a time, but is none that can be reckoned with. */
function timeOf(expiresAt: string): number {
  const ms = Date.parse(expiresAt)
  if (Number.isNaN(ms))
    throw badRequest('bad_time', `${expiresAt} is no time: 2026-12-31T23:59:59Z is one`, 'expiresAt')
  return ms
}

function shown({ id, name, role, user, disabled, created_at, expires_at }: TokenRow) {
  return {
    id,
    name,
    role,
    user,
    disabled: disabled === 1,
    createdAt: iso(created_at),
    expiresAt: expires_at === null ? null : iso(expires_at),
  }
}

function shownUser({ name, role, disabled, created_at }: UserRow) {
  return { name, role, disabled: disabled === 1, createdAt: iso(created_at) }
}
