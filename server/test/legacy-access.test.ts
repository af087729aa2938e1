import { type IncomingMessage, request } from 'node:http'
import { hostname } from 'node:os'
import { text as readText } from 'node:stream/consumers'
import { beforeAll, describe, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { LEGACY_ROUTES } from './legacy-paths.ts'
import { ADMIN_TOKEN, RunningServer } from './running-server.ts'

const ROLES = ['admin', 'operator', 'viewer', 'analyst'] as const
const MAY: Record<string, readonly string[]> = {
  viewer: ROLES,
  operator: ['admin', 'operator'],
  admin: ['admin'],
}
/** What each path answers to `{}` once it is called: not every 401 says that a token is missing. */
const OWN_401 = /^Error, no (ENABLED|name|type) provided$/
/** And what is answered to it that is not in it. */
const NOT_IN = new RegExp(`${OWN_401.source}|^Malformed Packet Recieved$`)
const REDEPLOY = 'POST /debug/post/redeploy'

let closed: RunningServer
let open: RunningServer
beforeAll(async () => {
  closed = await RunningServer.start(afterFile)
  open = await RunningServer.start(afterFile, { AJAR_LEGACY_OPEN: '1', AJAR_HTTP_HOST: '0.0.0.0' })
})

function call(server: RunningServer, route: string, headers: Record<string, string> = {}) {
  const [method = '', path = ''] = route.split(' ')
  const body = method === 'POST' ? { body: '{}' } : {}
  return fetch(server.url + path, { method, headers, ...body })
}

/** Under a name of its own choice, which `fetch` does not let it have. */
async function callByName(server: RunningServer, route: string, headers: Record<string, string>) {
  const [method = '', path = ''] = route.split(' ')
  const answered = Promise.withResolvers<IncomingMessage>()
  const asked = request(server.url + path, { method, headers, setHost: false, agent: false })
  asked.once('response', answered.resolve).once('error', answered.reject)
  asked.end(method === 'POST' ? '{}' : '')
  const answer = await answered.promise
  return { status: answer.statusCode, text: await readText(answer) }
}

const tokenOf = async (server: RunningServer, role: string): Promise<string> =>
  (await server.call('POST', '/api/tokens', { name: `test ${role}`, role })).body.token
const withToken = (token: string) => ({ authorization: `Bearer ${token}` })

describe.each(Object.entries(LEGACY_ROUTES))('%s (%s)', (route, access) => {
  test('needs a token', async () => {
    for (const headers of [{}, withToken('no-such-token')]) {
      const answer = await call(closed, route, headers)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(await answer.text()).toMatch(/token/)
    }
  })

  test('lets in the roles it names', async () => {
    for (const role of ROLES) {
      const answer = await call(closed, route, withToken(await tokenOf(closed, role)))
      const text = await answer.text()
      const isLetIn = answer.status !== 403 && (answer.status !== 401 || OWN_401.test(text))
      expect({ role, isLetIn }).toEqual({ role, isLetIn: MAY[access]?.includes(role) })
    }
  })

  if (route === REDEPLOY) return // never open: below
  test('needs none where AJAR_LEGACY_OPEN=1', async () => {
    const answer = await call(open, route)
    const text = await answer.text()
    if (answer.status !== 200) expect(text).toMatch(NOT_IN)
  })
})

describe('redeploy', () => {
  test('is never open', async () => {
    expect((await call(open, REDEPLOY)).status).toBe(401)
    expect((await call(open, REDEPLOY, withToken('no-such-token'))).status).toBe(401)
    for (const role of ['operator', 'viewer', 'analyst'])
      expect((await call(open, REDEPLOY, withToken(await tokenOf(open, role)))).status).toBe(403)
  })

  test('says to an admin what is missing', async () => {
    for (const server of [closed, open]) {
      const answer = await call(server, REDEPLOY, withToken(ADMIN_TOKEN))
      expect(answer.status).toBe(409)
      expect(await answer.text()).toMatch(/does not redeploy: install it as a service/)
    }
  })
})

describe('pages of other servers', () => {
  const origin = { origin: 'https://elsewhere.example' }
  const ECHO = 'POST /debug/post/echo'

  test('may not use the cookie of the console', async () => {
    const signedIn = await closed.call('POST', '/api/session', { token: ADMIN_TOKEN })
    const [cookie = ''] = signedIn.headers.getSetCookie()[0]?.split(';') ?? []
    expect((await call(closed, ECHO, { cookie })).status).toBe(403)
    expect((await call(closed, ECHO, { cookie, ...origin })).status).toBe(403)
    expect((await call(closed, ECHO, { cookie, origin: closed.url })).status).toBe(200)
    expect((await call(closed, 'GET /debug/get/exists', { cookie })).status).toBe(200)
  })

  test('may not use what is open without a token either', async () => {
    expect((await call(open, ECHO, origin)).status).toBe(403)
    expect((await call(open, ECHO, { origin: 'null' })).status).toBe(403)
    expect((await call(open, ECHO, { origin: open.url })).status).toBe(200)
    expect((await call(open, ECHO, { ...origin, ...withToken(ADMIN_TOKEN) })).status).toBe(200)
  })

  test.each(['evil.example', `evil.example:20002`, 'localhost.evil.example', '127.0.0.1.evil.example', '[', 'local'])(
    'may not call by the name %s that their owner let lead here',
    async (host) => {
      for (const route of ['GET /debug/get/exists', ECHO, 'POST /server/post/keep_alive']) {
        const { status, text } = await callByName(open, route, { host, origin: `http://${host}` })
        expect({ status, text }).toEqual({
          status: 403,
          text: expect.stringMatching(/by its IP address or its own name/),
        })
        expect((await callByName(open, route, { host })).status).toBe(403)
        expect((await callByName(open, route, { host, ...withToken(ADMIN_TOKEN) })).status).not.toBe(403)
      }
    },
  )

  test.each(['192.168.1.5:20002', '[fe80::1]:20002', 'localhost', 'LOCALHOST:1', 'door.local', hostname(), ''])(
    'the name %j is one of this server',
    async (host) => {
      expect((await callByName(open, ECHO, { host })).status).toBe(200)
      expect((await callByName(closed, ECHO, { host })).status).toBe(401)
    },
  )

  test('what is answered to a browser runs nothing', async () => {
    const { headers } = await call(open, 'GET /server/get/list_of_servers')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})

test('health says that strangers may call', async () => {
  const checksOf = async (server: RunningServer) =>
    (await server.call('GET', '/api/health/ready')).body.checks.map(({ name }: { name: string }) => name)
  expect(await checksOf(open)).toContain('legacy')
  expect(await checksOf(closed)).not.toContain('legacy')
  const onLoopback = await RunningServer.start(afterFile, { AJAR_LEGACY_OPEN: '1' })
  expect(await checksOf(onLoopback)).not.toContain('legacy')
})
