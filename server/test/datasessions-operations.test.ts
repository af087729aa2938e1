import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { OPERATIONS } from '../src/datasessions/operations.ts'
import { tokenOf, type Wire, wire } from './laboratory-client.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'

/** Operations of data sessions over HTTP, as the older client has them. No worker runs here: what is asked for waits. */

const TIMES = [1_795_286_400_000, 1_795_286_401_000]
const [A, B] = TIMES.map((ms) => ({ type: 'image', source: 'archive', basename: `pi_door_${ms}` })) as [Entry, Entry]
type Entry = { type: string; source: string; basename: string }

let server: RunningServer
let token: string
let path: string
beforeAll(async () => {
  server = await RunningServer.start(afterFile, { AJAR_WORKER: 'external' })
  for (const [i, ms] of TIMES.entries()) await server.send('pi/door', await plainJpeg(i), ms)
  token = await tokenOf(server, 'ann')
})
beforeEach(async () => {
  const { body } = await call('POST', '/api/datasessions/', { name: 'a session', input_data: [A, B] })
  path = `/api/datasessions/${body.id}/`
})

const call = (method: string, url: string, body?: unknown) => wire(server, method, url, body, { token })
const ask = (body: unknown) => call('POST', `${path}operations/`, body)
const MEDIAN = { name: 'Median', input_data: { input_files: [A, B] } }
const OP = {
  id: expect.any(Number),
  name: 'Median',
  status: 'PENDING',
  message: '',
  operation_progress: 0,
  output: null,
  input_data: MEDIAN.input_data,
  created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
}

test('one is asked for, shown alone, in a page, and in its session', async () => {
  const asked = await ask(MEDIAN)
  expect(asked.status, asked.text).toBe(201)
  expect(asked.body).toEqual(OP)
  const { id } = asked.body
  expect((await call('GET', `${path}operations/${id}/`)).body).toEqual({ ...OP, id })
  const second = (await ask({ name: 'Stacking', input_data: MEDIAN.input_data })).body.id
  const { body } = await call('GET', `${path}operations/?limit=1&offset=0`)
  expect(body).toEqual({
    count: 2,
    next: `${server.url}${path}operations/?limit=1&offset=1`,
    previous: null,
    results: [{ ...OP, id }],
  })
  const session = (await call('GET', path)).body
  expect(session.operations.map((each: { id: number }) => each.id)).toEqual([id, second])
  expect((await call('GET', '/api/datasessions/')).body.results[0].operations[0]).toEqual({ ...OP, id })
})

test.each<[unknown, object]>([
  [undefined, { name: ['This field is required.'] }],
  [{}, { name: ['This field is required.'] }],
  [{ name: '' }, { name: ['This field may not be blank.'] }],
  [{ name: null }, { name: ['This field may not be null.'] }],
  [{ name: 5 }, { name: ['Not a valid string.'] }],
  [{ name: 'X' }, { name: ['"X" is not a valid choice.'] }],
  [{ name: 'median', input_data: MEDIAN.input_data }, { name: ['"median" is not a valid choice.'] }],
  [{ name: 'Tür "🚪"' }, { name: ['"Tür "🚪"" is not a valid choice.'] }],
  [{ name: '__proto__' }, { name: ['"__proto__" is not a valid choice.'] }],
  [{ name: 'constructor' }, { name: ['"constructor" is not a valid choice.'] }],
  [{ name: 'Median' }, { input_files: ['This field is required.'] }],
  [{ name: 'Median', input_data: {} }, { input_files: ['This field is required.'] }],
  [{ name: 'Median', input_data: null }, { input_data: ['Expected a dictionary of items but got type "NoneType".'] }],
  [{ name: 'Median', input_data: [] }, { input_data: ['Expected a dictionary of items but got type "list".'] }],
  [{ name: 'Median', input_data: 'x' }, { input_data: ['Expected a dictionary of items but got type "str".'] }],
  [{ name: 'Median', input_data: { input_files: null } }, { input_files: ['This field may not be null.'] }],
  [
    { name: 'Median', input_data: { input_files: 'x' } },
    { input_files: ['Expected a list of items but got type "str".'] },
  ],
  [
    { name: 'Median', input_data: { input_files: A } },
    { input_files: ['Expected a list of items but got type "dict".'] },
  ],
  [
    { name: 'Median', input_data: { input_files: [A] } },
    { input_files: ['Ensure this field has at least 2 elements.'] },
  ],
  [
    { name: 'Median', input_data: { input_files: Array(1000).fill(A) } },
    { input_files: ['Ensure this field has no more than 999 elements.'] },
  ],
  [
    { name: 'Median', input_data: { input_files: [A, null] } },
    { input_files: ['Item 1: Expected a dictionary of items but got type "NoneType".'] },
  ],
  [
    { name: 'Median', input_data: { input_files: [A, { ...A, basename: 'nowhere' }] } },
    { input_files: [expect.stringContaining('nowhere')] },
  ],
  [[], { non_field_errors: ['Invalid data. Expected a dictionary, but got list.'] }],
])('none is asked for by %j', async (body, answer) => {
  const refused = await ask(body)
  expect(refused.body).toEqual(answer)
  expect(refused.status).toBe(400)
  expect((await call('GET', `${path}operations/`)).body.count).toBe(0)
})

describe('numbers', () => {
  test('of a stretch are finite: JSON has no word for others', async () => {
    const entries = JSON.stringify([A, B]).replace('"type"', '"zmin":1e999,"type"')
    const refused = await ask(`{"name":"Median","input_data":{"input_files":${entries}}}`)
    expect(refused.body).toEqual({ input_files: ['Item 0: zmin: A valid number is required.'] })
    const session = await call('PATCH', path, `{"input_data":${entries}}`)
    expect(session.body).toEqual({ input_data: ['Item 0: zmin: A valid number is required.'] })
  })

  const crop = (x: unknown): Promise<Wire> =>
    ask(`{"name":"Crop","input_data":{"input_files":${JSON.stringify([A])},"x":${x},"y":0,"width":8,"height":8}}`)

  test.each(['3', '3.0', '"3"', '" 3 "', '3e0'])('%s is three, for a whole number', async (text) => {
    const answer = await crop(text)
    expect(answer.status, answer.text).toBe(201)
    expect(answer.body.input_data.x).toBe(3)
  })

  test.each(['1.5', '"x"', '""', 'true', '[]', '{}', '"1e"', '1e300', '"Infinity"', '"NaN"'])(
    '%s is none',
    async (text) => {
      const answer = await crop(text)
      expect(answer).toMatchObject({ status: 400, body: { x: [expect.any(String)] } })
    },
  )

  test('255 and 255.0 are one number, for one that need not be whole too', async () => {
    const difference = (least: string) =>
      ask(`{"name":"Difference From Background","input_data":{"input_files":${JSON.stringify([A])},"least":${least}}}`)
    const [one, other, text] = [await difference('255'), await difference('255.0'), await difference('"255.0"')]
    for (const answer of [one, other, text]) {
      expect(answer.status, answer.text).toBe(201)
      expect(answer.body.input_data).toEqual({ input_files: [A], least: 255 })
    }
    expect((await difference('"a"')).body).toEqual({ least: ['A valid number is required.'] })
    expect((await difference('-0.5')).body).toEqual({ least: ['Ensure this value is greater than or equal to 0.'] })
  })

  test('a choice is one of those that there are', async () => {
    const threshold = (method: unknown) => ask({ name: 'Threshold', input_data: { input_files: [A], method } })
    expect((await threshold('otsu')).status).toBe(201)
    for (const method of ['Otsu', 5, true, ['otsu'], {}])
      expect(await threshold(method)).toMatchObject({
        status: 400,
        body: { method: [expect.stringMatching(/ is not a valid choice\.$/)] },
      })
  })

  test('bounds are told', async () => {
    expect((await crop('-1')).body).toEqual({ x: ['Ensure this value is greater than or equal to 0.'] })
  })
})

test('another one takes the place of what was asked for', async () => {
  const { id } = (await ask(MEDIAN)).body
  const op = `${path}operations/${id}/`
  expect((await call('PATCH', op, {})).body).toMatchObject({ id, name: 'Median', input_data: MEDIAN.input_data })
  expect((await call('PATCH', op, { name: 'Stacking' })).body).toMatchObject({ id, name: 'Stacking' })
  const put = { name: 'Median', input_data: { input_files: [B, A] } }
  expect((await call('PUT', op, put)).body).toMatchObject({ id, ...put })
  expect(await call('PUT', op, { input_data: MEDIAN.input_data })).toMatchObject({
    status: 400,
    body: { name: ['This field is required.'] },
  })
  expect(await call('PATCH', op, { name: 'X' })).toMatchObject({
    status: 400,
    body: { name: ['"X" is not a valid choice.'] },
  })
  expect((await call('GET', op)).body).toMatchObject({ id, ...put })
})

test('many are removed at once; those of others and those that are none are passed over', async () => {
  const ids: number[] = []
  for (let i = 0; i < 3; i += 1) ids.push((await ask(MEDIAN)).body.id)
  const { body: other } = await call('POST', '/api/datasessions/', { name: 'other' })
  const elsewhere = (await call('POST', `/api/datasessions/${other.id}/operations/`, MEDIAN)).body.id
  const [first, , third] = ids
  const answer = await call('POST', `${path}operations/bulk_delete/`, { ids: [first, third, third, elsewhere, 0, -5] })
  expect(answer).toMatchObject({ status: 200, body: { deleted: 2 } })
  expect((await call('GET', `${path}operations/`)).body.results.map(({ id }: { id: number }) => id)).toEqual([ids[1]])
  expect((await call('GET', `/api/datasessions/${other.id}/operations/${elsewhere}/`)).status).toBe(200)
  expect((await call('POST', `${path}operations/bulk_delete/`, { ids: ids })).body).toEqual({ deleted: 1 })
})

test.each<[unknown, object]>([
  [{}, { ids: ['This field is required.'] }],
  [{ ids: null }, { ids: ['This field may not be null.'] }],
  [{ ids: 1 }, { ids: ['Expected a list of items but got type "int".'] }],
  [{ ids: ['1'] }, { ids: ['0: A valid integer is required.'] }],
  [{ ids: [1.5] }, { ids: ['0: A valid integer is required.'] }],
  [{ ids: Array(10_001).fill(1) }, { ids: ['Ensure this field has no more than 10000 elements.'] }],
])('none is removed by %j', async (body, answer) => {
  expect(await call('POST', `${path}operations/bulk_delete/`, body)).toMatchObject({ status: 400, body: answer })
})

test.each(['0', '999999', '-1', 'abc', '1.5', '9'.repeat(30)])('%s is no operation', async (id) => {
  for (const [method, body] of [['GET'], ['PATCH', {}], ['PUT', MEDIAN], ['DELETE']] as const)
    expect(await call(method, `${path}operations/${id}/`, body)).toMatchObject({
      status: 404,
      body: { detail: 'No Operation matches the given query.' },
    })
})

test('what may be asked for is described as it is declared', async () => {
  const { body } = await call('GET', '/api/available_operations/')
  const own = Object.keys(body).filter((name) => body[name].category !== 'task')
  expect(own.sort()).toEqual(OPERATIONS.map(({ name }) => name).sort())
  expect(body.Median).toMatchObject({
    name: 'Median',
    category: 'image',
    inputs: { input_files: { type: 'fits', minimum: 2, maximum: 999 } },
  })
  for (const { name, description, category, inputs } of OPERATIONS)
    expect(body[name]).toEqual(JSON.parse(JSON.stringify({ name, description, category, inputs })))
})

describe('the portal', () => {
  test('signs in by name and password, as JSON or as a form, and says what else is wrong', async () => {
    await server.call('POST', '/api/users', { name: 'test_user', password: 'test_pass', role: 'analyst' })
    const sign = (body: unknown) => wire(server, 'POST', '/portal/api-token-auth/', body, { token: null })
    const { status, body, headers } = await sign({ username: 'test_user', password: 'test_pass' })
    expect(status).toBe(200)
    expect(body).toEqual({ token: expect.stringMatching(/^[\w-]{20,}$/) })
    expect(headers['cache-control']).toBe('no-store')
    const made = await wire(server, 'POST', '/api/datasessions/', { name: 'x' }, { token: body.token })
    expect(made.body.user).toBe('test_user')
    const form = await wire(server, 'POST', '/portal/api-token-auth/', 'username=test_user&password=test_pass', {
      token: null,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(form.status).toBe(200)
    for (const [username, password] of [
      ['test_user', 'wrong_pass'],
      ['nobody', 'test_pass'],
    ])
      expect(await sign({ username, password })).toMatchObject({
        status: 400,
        body: { non_field_errors: ['Unable to log in with provided credentials.'] },
      })
    expect((await sign({})).body).toEqual({
      username: ['This field is required.'],
      password: ['This field is required.'],
    })
    expect((await sign({ username: 5, password: null })).status).toBe(400)
  })

  test('has a proposal for each device', async () => {
    await server.call('POST', '/api/devices', { name: 'gate' })
    const { body } = await call('GET', '/portal/profile/')
    expect(body.proposals).toContainEqual({ id: 'gate', title: 'gate', current: true })
  })
})
