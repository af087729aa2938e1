import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { RunningServer } from './running-server.ts'

/** Tokens of people, tokens with a given value, names with `_`, and what of a person stays when he goes. */

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await person('mismatch')
  await person('shut-out')
  await server.call('PATCH', '/api/users/shut-out', { disabled: true })
})

const PASSWORD = 'test_pass'
const person = (name: string, role = 'analyst') => server.call('POST', '/api/users', { name, password: PASSWORD, role })
const token = (body: object) => server.call('POST', '/api/tokens', { name: 'given', ...body })

test.each([
  ['test_user', 201],
  ['a_b-c', 201],
  ['_user', 400],
  ['Test_user', 400],
  ['te.st', 400],
])('a person named %s: %i', async (name, status) => {
  expect((await person(name)).status).toBe(status)
})

test('devices have no `_` in their names: the names of frames as files hold together by it', async () => {
  expect((await server.call('POST', '/api/devices', { name: 'test_device' })).status).toBe(400)
})

describe('a token', () => {
  test("is what it is given to be, a person's, of his role, and ends with him", async () => {
    await person('giving')
    const made = await token({ user: 'giving', token: '123456789abcdefg' })
    expect(made).toMatchObject({
      status: 201,
      body: { token: '123456789abcdefg', user: 'giving', role: 'analyst', expiresAt: null },
    })
    for (const scheme of ['Token', 'Bearer']) {
      const answer = await fetch(`${server.url}/api/session`, {
        headers: { authorization: `${scheme} 123456789abcdefg` },
      })
      expect(await answer.json()).toEqual({ name: 'giving', role: 'analyst' })
    }
    expect(await token({ user: 'giving', token: '123456789abcdefg' })).toMatchObject({
      status: 409,
      body: { error: { code: 'token_taken' } },
    })
    await server.call('DELETE', '/api/users/giving')
    expect((await server.call('GET', '/api/session', undefined, '123456789abcdefg')).status).toBe(401)
  })

  test.each<[string, object, number, string]>([
    ['of 15 characters', { role: 'viewer', token: '123456789abcdef' }, 400, 'bad_request'],
    ['with a space', { role: 'viewer', token: '123456789 abcdefg' }, 400, 'bad_request'],
    ['with letters of no header', { role: 'viewer', token: '123456789abcdefgü' }, 400, 'bad_request'],
    ['of nobody', { user: 'no-one' }, 404, 'not_found'],
    ['of no role', {}, 400, 'bad_request'],
    ['of another role than the person', { user: 'mismatch', role: 'admin' }, 400, 'bad_role'],
    ['of somebody who is let in no more', { user: 'shut-out' }, 409, 'disabled'],
  ])('%s is none', async (_, body, status, code) => {
    expect(await token(body)).toMatchObject({ status, body: { error: { code } } })
  })

  test('only an admin makes one', async () => {
    const { body } = await token({ role: 'operator' })
    expect((await server.call('POST', '/api/tokens', { name: 'x', role: 'viewer' }, body.token)).status).toBe(403)
  })
})

test('a namesake of somebody who is gone has nothing of his', async () => {
  await person('namesake')
  const first = (await token({ user: 'namesake' })).body.token
  const made = await server.call('POST', '/api/datasessions/', { name: 'private' }, first)
  expect(made.status).toBe(201)
  const path = `/api/datasessions/${made.body.id}/`
  await server.call('DELETE', '/api/users/namesake')
  await person('namesake')
  const second = (await token({ user: 'namesake' })).body.token
  expect((await server.call('GET', path, undefined, second)).status).toBe(404)
  expect((await server.call('GET', '/api/datasessions/', undefined, second)).body.count).toBe(0)
  // An admin still sees it, and may clear it away.
  expect((await server.call('GET', path)).body).toMatchObject({ name: 'private', user: 'namesake' })
  expect((await server.call('DELETE', path)).status).toBe(204)
})
