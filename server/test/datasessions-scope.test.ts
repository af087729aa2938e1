import { Type } from 'typebox'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { DetailError, FieldErrors } from '../src/datasessions/field-errors.ts'
import { speakAsOlder } from '../src/datasessions/rest/older-scope.ts'
import { createHttp, type Http } from '../src/http/http.ts'
import { createLog } from '../src/index.ts'

/** The scope alone, with a few routes of its own: how it answers what goes wrong. */

const ROLES = { analyst: 'the-token', viewer: 'a-viewer' } as const
let http: Http
beforeAll(async () => {
  http = await createHttp({
    log: createLog('silent'),
    maxFrameBytes: 1024,
    authenticate: (token) => {
      const [role] = Object.entries(ROLES).find(([, known]) => known === token) ?? []
      return role ? { tokenId: '1', name: 'somebody', role: role as 'analyst', account: 'token:1' } : null
    },
  })
  const config = { access: 'analyst' } as const
  await http.register(async (scope: Http) => {
    await speakAsOlder(scope)
    const body = Type.Object({
      name: Type.String({ minLength: 1, maxLength: 5 }),
      count: Type.Optional(Type.Integer({ minimum: 1, maximum: 9 })),
      list: Type.Optional(Type.Array(Type.Object({ basename: Type.String() }), { maxItems: 2 })),
      choice: Type.Optional(Type.Enum(['a', 'b'])),
    })
    scope.post('/api/datasessions/', { config, schema: { body } }, async (request) => request.body)
    const querystring = Type.Object({ width: Type.Integer({ minimum: 1 }) })
    scope.get('/api/datasessions/sized/', { config, schema: { querystring } }, async (request) => request.query)
    scope.get('/thumbnails/:basename/', { config }, async () => {
      throw new DetailError(404, 'No DataSession matches the given query.')
    })
    scope.get('/api/analysis/wrong/', { config }, async () => {
      throw new FieldErrors({ one: ['a'], other: ['b', 'c'] })
    })
    scope.get('/api/laboratory/broken/', { config }, async () => {
      throw new TypeError('never thought of')
    })
    const rateLimit = { max: 1, timeWindow: 60_000 }
    scope.get('/portal/often/', { config: { ...config, rateLimit } }, async () => 'once')
  })
  await http.ready()
  afterFile(() => http.close())
})

type Method = 'GET' | 'POST' | 'PUT' | 'OPTIONS' | 'PATCH'
const call = (method: Method, url: string, payload?: string | object, headers: Record<string, string> = {}) =>
  http.inject({
    ...{ method, url },
    headers: { authorization: `Token ${ROLES.analyst}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  })

test.each<[string, unknown, object]>([
  ['nothing', undefined, { name: ['This field is required.'] }],
  ['an empty object', {}, { name: ['This field is required.'] }],
  ['null', { name: null }, { name: ['This field may not be null.'] }],
  ['a number', { name: 5 }, { name: ['Not a valid string.'] }],
  ['a blank', { name: '' }, { name: ['This field may not be blank.'] }],
  ['too long', { name: '123456' }, { name: ['Ensure this field has no more than 5 characters.'] }],
  [
    'several at once',
    { count: 'x', list: {}, choice: 'c' },
    {
      name: ['This field is required.'],
      count: ['A valid integer is required.'],
      list: ['Expected a list of items but got type "dict".'],
      choice: ['"c" is not a valid choice.'],
    },
  ],
  ['bounds', { name: 'a', count: 10 }, { count: ['Ensure this value is less than or equal to 9.'] }],
  ['bounds', { name: 'a', count: 0 }, { count: ['Ensure this value is greater than or equal to 1.'] }],
  ['within', { name: 'a', list: [{ basename: 'x' }, {}] }, { list: ['1.basename: This field is required.'] }],
  ['within a list', { name: 'a', list: [7] }, { list: ['0: Expected a dictionary of items but got type "int".'] }],
  ['too many', { name: 'a', list: [{}, {}, {}] }, { list: ['Ensure this field has no more than 2 elements.'] }],
  ['a list', [], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
])('a body that is wrong: %s', async (_, body, answer) => {
  const text = body === undefined ? undefined : JSON.stringify(body)
  const { statusCode, headers, ...response } = await call('POST', '/api/datasessions/', text, {
    ...(text === undefined ? {} : { 'content-type': 'application/json' }),
  })
  expect(statusCode).toBe(400)
  expect(response.json()).toEqual(answer)
  expect(headers['access-control-allow-origin']).toBe('*')
})

test('what is not declared is passed over, and forms are read', async () => {
  expect((await call('POST', '/api/datasessions', { name: 'a', more: [1] })).json()).toEqual({ name: 'a', more: [1] })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  expect((await call('POST', '/api/datasessions/', 'name=b+c', form)).json()).toEqual({ name: 'b c' })
})

test.each<[string, Method, string, { status: number; body: object; payload?: string; type?: string; token?: string }]>([
  [
    'no token',
    'GET',
    '/api/analysis/wrong/',
    { status: 401, body: { detail: 'Authentication credentials were not provided.' }, token: '' },
  ],
  [
    'a wrong one',
    'GET',
    '/api/analysis/wrong/',
    { status: 401, body: { detail: 'Invalid token.' }, token: 'Token nobodys' },
  ],
  [
    'a viewer',
    'GET',
    '/api/analysis/wrong/',
    {
      status: 403,
      body: { detail: 'You do not have permission to perform this action.' },
      token: `Bearer ${ROLES.viewer}`,
    },
  ],
  ['a field error', 'GET', '/api/analysis/wrong/', { status: 400, body: { one: ['a'], other: ['b', 'c'] } }],
  [
    'what is not there',
    'GET',
    '/thumbnails/x/',
    { status: 404, body: { detail: 'No DataSession matches the given query.' } },
  ],
  ['no path', 'GET', '/api/datasessions/1/2/3/4/', { status: 404, body: { detail: 'Not found.' } }],
  ['no path with a body', 'POST', '/portal/x', { status: 404, body: { detail: 'Not found.' }, payload: '{}' }],
  [
    'no path, no token',
    'GET',
    '/archive/x/',
    { status: 401, body: { detail: 'Authentication credentials were not provided.' }, token: '' },
  ],
  ['a method', 'PUT', '/api/datasessions', { status: 405, body: { detail: 'Method "PUT" not allowed.' } }],
  [
    'a method with a body',
    'PATCH',
    '/api/datasessions/',
    { status: 405, body: { detail: 'Method "PATCH" not allowed.' }, payload: '{}' },
  ],
  [
    'no JSON',
    'POST',
    '/api/datasessions/',
    { status: 400, body: { detail: expect.stringMatching(/^JSON parse error - /) }, payload: '{' },
  ],
  [
    'deep JSON',
    'POST',
    '/api/datasessions/',
    { status: 400, body: { detail: expect.stringContaining('within each other') }, payload: '['.repeat(1000) },
  ],
  [
    'too long',
    'POST',
    '/api/datasessions/',
    { status: 413, body: { detail: expect.stringContaining('too large') }, payload: `"${'x'.repeat(1 << 20)}"` },
  ],
  [
    'another type',
    'POST',
    '/api/datasessions/',
    { status: 415, body: { detail: 'Unsupported media type "text/x" in request.' }, payload: 'x', type: 'text/x' },
  ],
  [
    'a query',
    'GET',
    '/api/datasessions/sized/?width=x',
    { status: 400, body: { width: ['A valid integer is required.'] } },
  ],
  [
    'a query left out',
    'GET',
    '/api/datasessions/sized/',
    { status: 400, body: { width: ['This field is required.'] } },
  ],
  ['our fault', 'GET', '/api/laboratory/broken/', { status: 500, body: { detail: expect.any(String) } }],
])('%s: %s %s', async (_, method, url, { status, body, payload, type, token }) => {
  const response = await call(method, url, payload, {
    ...(payload === undefined ? {} : { 'content-type': type ?? 'application/json' }),
    ...(token === undefined ? {} : { authorization: token }),
  })
  expect(response.statusCode).toBe(status)
  expect(response.json()).toEqual(body)
  expect(response.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'content-length': String(Buffer.byteLength(response.body)),
    'cross-origin-resource-policy': 'cross-origin',
  })
  if (status === 405) expect(response.headers.allow).toBe('OPTIONS, POST')
})

test('too often', async () => {
  expect((await call('GET', '/portal/often/')).body).toBe('once')
  const { statusCode, headers, ...response } = await call('GET', '/portal/often')
  expect(statusCode).toBe(429)
  expect(response.json().detail).toBe(`Request was throttled. Expected available in ${headers['retry-after']} seconds.`)
  expect(headers['access-control-allow-origin']).toBe('*')
})

test.each(['/api/datasessions/sized/', '/api/datasessions/sized'])('a browser may ask first: %s', async (url) => {
  const response = await http.inject({
    ...{ method: 'OPTIONS', url },
    headers: {
      origin: 'https://laboratory.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization,content-type',
    },
  })
  expect(response.statusCode).toBe(200)
  expect(response.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD, OPTIONS',
    'access-control-allow-headers': 'authorization,content-type',
    'content-length': '0',
  })
  expect(response.headers['access-control-allow-credentials']).toBeUndefined()
})

test('other paths answer as they did', async () => {
  const elsewhere = await http.inject({ method: 'OPTIONS', url: '/api/cameras' })
  expect(elsewhere.json().error.code).toBe('not_found')
  expect(elsewhere.headers['access-control-allow-origin']).toBeUndefined()
})
