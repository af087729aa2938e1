import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { tokenOf, type Wire, wire } from './laboratory-client.ts'
import { plainJpeg } from './pictures.ts'
import { ADMIN_TOKEN, RunningServer, until } from './running-server.ts'

/** Data sessions over HTTP, line by line as the older client knows them; no worker runs here, so operations wait. */

const CAMERA = 'pi/door'
const TIMES = [1_795_286_400_000, 1_795_286_401_000, 1_795_286_402_000]
const [A, B, C] = TIMES.map((ms) => ({ type: 'image', source: 'archive', basename: `pi_door_${ms}` })) as [
  Entry,
  Entry,
  Entry,
]
type Entry = { type: string; source: string; basename: string }

let server: RunningServer
let mine: string
let hers: string
let viewer: string
beforeAll(async () => {
  server = await RunningServer.start(afterFile, { AJAR_WORKER: 'external' })
  for (const [i, ms] of TIMES.entries()) await server.send(CAMERA, await plainJpeg(i), ms)
  hers = await tokenOf(server, 'hers')
  viewer = await tokenOf(server, 'viewer', 'viewer')
})
/** Whoever owns nothing yet, for each test. */
let number = 0
beforeEach(async () => {
  mine = await tokenOf(server, `mine ${number++}`)
})

type As = { as?: string | null; headers?: Record<string, string> }
const call = (method: string, path: string, body?: unknown, { as = mine, headers = {} }: As = {}) =>
  wire(server, method, path, body, { token: as, headers })
const make = async (body: object = {}, as?: string): Promise<Wire['body']> => {
  const made = await call('POST', '/api/datasessions/', { name: 'a session', ...body }, as ? { as } : {})
  expect(made.status, made.text).toBe(201)
  return made.body
}
const SESSION = {
  id: expect.any(Number),
  operations: [],
  user: expect.any(String),
  name: 'a session',
  input_data: [],
  created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  accessed: expect.stringMatching(/Z$/),
  modified: expect.stringMatching(/Z$/),
}

describe('both forms of each path, with Content-Length and CORS', () => {
  test.each(['', '/'])('with %j at the end', async (slash) => {
    const { id } = await make({ input_data: [A] })
    const path = `/api/datasessions/${id}`
    const asked = await call('POST', `${path}/operations${slash}`, {
      name: 'Median',
      input_data: { input_files: [A, B] },
    })
    expect(asked.status, asked.text).toBe(201)
    const op = `${path}/operations/${asked.body.id}`
    const calls: [string, string, unknown, number][] = [
      ['GET', '/api/datasessions', undefined, 200],
      ['POST', '/api/datasessions', { name: 'another' }, 201],
      ['GET', path, undefined, 200],
      ['HEAD', path, undefined, 200],
      ['PATCH', path, { name: 'changed' }, 200],
      ['PUT', path, { name: 'changed' }, 200],
      ['GET', `${path}/operations`, undefined, 200],
      ['GET', op, undefined, 200],
      ['PATCH', op, { name: 'Median' }, 200],
      ['PUT', op, { name: 'Median', input_data: { input_files: [A, B] } }, 200],
      ['DELETE', op, undefined, 204],
      ['GET', op, undefined, 404],
      ['POST', `${path}/operations/bulk_delete`, { ids: [] }, 200],
      ['GET', '/api/available_operations', undefined, 200],
      ['GET', '/portal/profile', undefined, 200],
      ['POST', '/portal/api-token-auth', { username: 'nobody', password: 'nothing' }, 400],
      ['POST', path, {}, 405],
      ['DELETE', path, undefined, 204],
      ['DELETE', path, undefined, 404],
      ['OPTIONS', path, undefined, 200],
    ]
    for (const [method, url, body, status] of calls) {
      const answer = await call(method, url + slash, body)
      expect(`${method} ${url} ${answer.status}`).toBe(`${method} ${url} ${status}`)
      expect(answer.headers['access-control-allow-origin']).toBe('*')
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
      // None may be said with 204 (RFC 9110, 8.6), and nothing comes in chunks.
      expect(answer.headers['transfer-encoding']).toBeUndefined()
      const length = answer.headers['content-length']
      if (status === 204) expect(length).toBeUndefined()
      else if (method === 'HEAD') expect(Number(length)).toBeGreaterThan(0)
      else expect(length).toBe(String(Buffer.byteLength(answer.text)))
    }
  })

  test('a browser asks first, without a token', async () => {
    for (const path of ['/api/datasessions/', '/api/datasessions/1/operations/2', '/portal/api-token-auth/']) {
      const answer = await call('OPTIONS', path, undefined, {
        as: null,
        headers: {
          origin: 'https://lab.example',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      })
      expect(answer.status).toBe(200)
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-headers': 'authorization',
        'content-length': '0',
      })
    }
  })
})

describe('a session', () => {
  test('is made with a name alone, or with inputs, and shown as it was made', async () => {
    const answer = await call('POST', '/api/datasessions/', { name: 'a session' })
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual(SESSION)
    const { id } = await make({ input_data: [A, { ...B, more: { kept: [1, null] } }], user: 'nobody', id: 7 })
    const shown = await call('GET', `/api/datasessions/${id}/`)
    expect(shown.body).toEqual({ ...SESSION, id, input_data: [A, { ...B, more: { kept: [1, null] } }] })
    expect(shown.body.user).toMatch(/^mine \d+$/)
  })

  test.each<[unknown, object]>([
    [undefined, { name: ['This field is required.'] }],
    [{}, { name: ['This field is required.'] }],
    [{ input_data: [] }, { name: ['This field is required.'] }],
    [{ name: '' }, { name: ['This field may not be blank.'] }],
    [{ name: '   ' }, { name: ['This field may not be blank.'] }],
    [{ name: null }, { name: ['This field may not be null.'] }],
    [{ name: 5 }, { name: ['Not a valid string.'] }],
    [{ name: true }, { name: ['Not a valid string.'] }],
    [{ name: ['a'] }, { name: ['Not a valid string.'] }],
    [{ name: { a: 1 } }, { name: ['Not a valid string.'] }],
    [{ name: 'x'.repeat(256) }, { name: ['Ensure this field has no more than 255 characters.'] }],
    [{ name: 'a\0b' }, { name: ['Null characters are not allowed.'] }],
    ['{"name":"\\ud800"}', { name: ['Surrogate characters are not allowed.'] }],
    [{ name: 'a', input_data: null }, { input_data: ['This field may not be null.'] }],
    [{ name: 'a', input_data: 'a' }, { input_data: ['Expected a list of items but got type "str".'] }],
    [{ name: 'a', input_data: {} }, { input_data: ['Expected a list of items but got type "dict".'] }],
    [
      { input_data: 7 },
      { name: ['This field is required.'], input_data: ['Expected a list of items but got type "int".'] },
    ],
    [{ name: 'a', input_data: [A, 5] }, { input_data: ['Item 1: Expected a dictionary of items but got type "int".'] }],
    [{ name: 'a', input_data: [{}] }, { input_data: ['Item 0: source: This field is required.'] }],
    [{ name: 'a', input_data: [{ source: 'archive' }] }, { input_data: ['Item 0: basename: This field is required.'] }],
    [
      { name: 'a', input_data: [{ source: 1, basename: 'a' }] },
      { input_data: ['Item 0: source: Not a valid string.'] },
    ],
    [{ name: 'a', input_data: [{ ...A, zmin: '1' }] }, { input_data: ['Item 0: zmin: A valid number is required.'] }],
    [
      { name: 'a', input_data: [{ ...A, basename: 'pi_door_1' }] },
      { input_data: [expect.stringContaining('pi_door_1')] },
    ],
    [{ name: 'a', input_data: [{ ...A, source: 'moon' }] }, { input_data: [expect.stringContaining('moon')] }],
    [
      { name: 'a', input_data: [{ source: 'archive', query: { camera: 5 } }] },
      { input_data: [expect.stringMatching(/^Item 0: query\.camera: /)] },
    ],
    [
      { name: 'a', input_data: [{ source: 'archive', query: { camera: CAMERA, form: 1 } }] },
      { input_data: [expect.stringContaining('form is unknown')] },
    ],
    [
      { name: 'a', input_data: Array(21).fill({ source: 'archive', query: { camera: CAMERA } }) },
      { input_data: [expect.stringContaining('21 queries are in this list, 20 at most may be')] },
    ],
    [[], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
    ['null', { non_field_errors: ['Invalid data. Expected a dictionary, but got NoneType.'] }],
    ['"a"', { non_field_errors: ['Invalid data. Expected a dictionary, but got str.'] }],
    ['{', { detail: expect.stringMatching(/^JSON parse error - /) }],
  ])('is not made of %j', async (body, answer) => {
    const refused = await call('POST', '/api/datasessions/', body)
    expect(refused.body).toEqual(answer)
    expect(refused.status).toBe(400)
    expect((await call('GET', '/api/datasessions/')).body.count).toBe(0)
  })

  test.each(['PATCH', 'PUT'])('%s appends inputs, minus exact duplicates, and renames', async (method) => {
    const { id, modified } = await make({ input_data: [A, A] })
    const path = `/api/datasessions/${id}/`
    const name = method === 'PUT' ? { name: 'a session' } : {}
    const change = async (body: object) => (await call(method, path, { ...name, ...body })).body
    expect((await change({ input_data: [A, B] })).input_data).toEqual([A, B])
    const turned = { basename: B.basename, type: B.type, source: B.source }
    expect((await change({ input_data: [turned, C, C] })).input_data).toEqual([A, B, C])
    const said = { ...C, zmin: 1 }
    expect((await change({ input_data: [said, { ...said, zmin: 1.0 }] })).input_data).toEqual([A, B, C, said])
    const renamed = await change({ name: 'Tür öffnet 開く 🚪' })
    expect(renamed).toMatchObject({ name: 'Tür öffnet 開く 🚪', input_data: [A, B, C, said] })
    expect(Date.parse(renamed.modified)).toBeGreaterThanOrEqual(Date.parse(modified))
    expect((await call('GET', path)).body).toMatchObject({ name: 'Tür öffnet 開く 🚪', input_data: [A, B, C, said] })
    const refused = await call(method, path, { ...name, input_data: [{ ...A, basename: 'nowhere' }] })
    expect(refused.status).toBe(400)
    expect((await call('GET', path)).body.input_data).toEqual([A, B, C, said])
  })

  test('PUT wants a name, PATCH does not', async () => {
    const { id } = await make()
    expect(await call('PUT', `/api/datasessions/${id}/`, { input_data: [A] })).toMatchObject({
      status: 400,
      body: { name: ['This field is required.'] },
    })
    expect((await call('PATCH', `/api/datasessions/${id}/`, {})).status).toBe(200)
    expect((await call('PATCH', `/api/datasessions/${id}/`)).status).toBe(200)
  })

  test('a query becomes the frames that it means; the id of a frame is taken too', async () => {
    const query = { camera: CAMERA, from: TIMES[1] }
    const { input_data } = await make({ input_data: [{ source: 'archive', query }] })
    expect(input_data.map(({ basename }: Entry) => basename).sort()).toEqual([B.basename, C.basename])
    expect((await make({ input_data: [{ ...A, basename: `${CAMERA}/${TIMES[0]}` }] })).input_data).toHaveLength(1)
  })

  test('a body of 1 MB is read, one above is not', async () => {
    const entry = { ...A, note: 'x'.repeat(1000_000) }
    expect((await make({ input_data: [entry] })).input_data).toEqual([entry])
    const tooLong = await call('POST', '/api/datasessions/', {
      name: 'a',
      input_data: [{ ...A, note: 'x'.repeat(1 << 20) }],
    })
    expect(tooLong).toMatchObject({ status: 413, body: { detail: expect.any(String) } })
    const deep = await call('POST', '/api/datasessions/', `{"name":"a","input_data":${'['.repeat(5000)}`)
    expect(deep).toMatchObject({ status: 400, body: { detail: expect.any(String) } })
  })

  test('two who append at once both do', async () => {
    const { id } = await make()
    const path = `/api/datasessions/${id}/`
    const notes = Array.from({ length: 10 }, (_, i) => ({ ...A, note: i }))
    await Promise.all(notes.map((note) => call('PATCH', path, { input_data: [note] })))
    expect((await call('GET', path)).body.input_data).toHaveLength(10)
  })

  test('is gone with its operations', async () => {
    const { id, user } = await make()
    const path = `/api/datasessions/${id}/`
    const op = await call('POST', `${path}operations/`, { name: 'Median', input_data: { input_files: [A, B] } })
    expect(await call('DELETE', path)).toMatchObject({ status: 204, text: '' })
    expect((await call('GET', path)).body).toEqual({ detail: 'No DataSession matches the given query.' })
    expect((await call('GET', `${path}operations/${op.body.id}/`)).status).toBe(404)
    const job = async () => {
      const { items } = (await server.call('GET', '/api/jobs?kind=operation')).body
      return items.find(({ owner }: { owner: string }) => owner === user)
    }
    await until(async () => (await job()).state === 'cancelled')
  })

  test.each(['0', '999999', '-1', '1.5', 'abc', '1e3', '9'.repeat(30), '%00', 'ü'])('%s is none', async (id) => {
    for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : { name: 'x' }
      expect(await call(method, `/api/datasessions/${encodeURI(id)}/`, body)).toMatchObject({
        status: 404,
        body: { detail: 'No DataSession matches the given query.' },
      })
    }
  })
})

describe('who may what', () => {
  const NO_SESSION = { detail: 'No DataSession matches the given query.' }
  const METHODS: [method: string, path: string, body?: unknown][] = [
    ['GET', ''],
    ['PATCH', '', { name: 'x' }],
    ['PUT', '', { name: 'x', input_data: [A] }],
    ['DELETE', ''],
    ['GET', 'operations/'],
    ['POST', 'operations/', { name: 'Median', input_data: { input_files: [A, B] } }],
    ['POST', 'operations/bulk_delete/', { ids: [1] }],
    ['GET', 'operations/OP/'],
    ['PATCH', 'operations/OP/', { name: 'Median' }],
    ['PUT', 'operations/OP/', { name: 'Median', input_data: { input_files: [A, B] } }],
    ['DELETE', 'operations/OP/'],
  ]
  const session = async () => {
    const { id } = await make({ input_data: [A] })
    const path = `/api/datasessions/${id}/`
    const { body } = await call('POST', `${path}operations/`, { name: 'Median', input_data: { input_files: [A, B] } })
    return { id, path, op: body.id as number }
  }

  test("another's session and its operations are not there, whatever the method", async () => {
    const { id, path, op } = await session()
    for (const [method, below, body] of METHODS)
      expect(await call(method, path + below.replace('OP', String(op)), body, { as: hers })).toMatchObject({
        status: 404,
        body: NO_SESSION,
      })
    const own = await make({}, hers)
    const elsewhere = `/api/datasessions/${own.id}/operations/`
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect(await call(method, `${elsewhere}${op}/`, method === 'PATCH' ? {} : undefined, { as: hers })).toMatchObject(
        {
          status: 404,
          body: { detail: 'No Operation matches the given query.' },
        },
      )
    expect((await call('POST', `${elsewhere}bulk_delete/`, { ids: [op] }, { as: hers })).body).toEqual({ deleted: 0 })
    expect((await call('GET', '/api/datasessions/', undefined, { as: hers })).body.results).not.toContainEqual(
      expect.objectContaining({ id }),
    )
    expect((await call('GET', path)).body).toMatchObject({ name: 'a session', operations: [{ id: op }] })
    await call('DELETE', `/api/datasessions/${own.id}/`, undefined, { as: hers })
  })

  test('a viewer may nothing, and nobody without a token', async () => {
    const { path, op } = await session()
    const refused: [string | null, number, string, Record<string, string>?][] = [
      [viewer, 403, 'You do not have permission to perform this action.'],
      [null, 401, 'Authentication credentials were not provided.'],
      ['nobodys-token', 401, 'Invalid token.'],
      [null, 401, 'Authentication credentials were not provided.', { authorization: 'Token' }],
    ]
    for (const [as, status, detail, headers = {}] of refused)
      for (const [method, below, body] of METHODS)
        expect(await call(method, path + below.replace('OP', String(op)), body, { as, headers })).toMatchObject({
          status,
          body: { detail },
        })
  })

  test('an admin lists, reads and deletes, and adds nothing', async () => {
    const { id, path, op } = await session()
    const admin = { as: ADMIN_TOKEN }
    const listed = await call('GET', '/api/datasessions/?limit=1000', undefined, admin)
    expect(listed.body.results).toContainEqual(expect.objectContaining({ id }))
    for (const [method, below, body] of METHODS.filter(
      ([method, below]) => method !== 'DELETE' && !/bulk/.test(below),
    )) {
      const answer = await call(method, path + below.replace('OP', String(op)), body, admin)
      if (method === 'GET') expect(answer.status).toBe(200)
      else
        expect(answer).toMatchObject({
          status: 403,
          body: { detail: 'You do not have permission to perform this action.' },
        })
    }
    expect((await call('POST', `${path}operations/bulk_delete/`, { ids: [op] }, admin)).body).toEqual({ deleted: 1 })
    expect((await call('DELETE', path, undefined, admin)).status).toBe(204)
  })
})
