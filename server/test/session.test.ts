import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { Authority } from '../../test/setup/certificates.ts'
import { needsProgram } from '../../test/setup/needs.ts'
import { EventStream } from './event-stream.ts'
import { ADMIN_TOKEN, RunningServer } from './running-server.ts'

const PASSWORD = 'correct horse battery'

/** What a browser keeps and sends: the cookie, and the origin of the page. */
class Browser {
  readonly #url: string
  cookie: string | null = null
  setCookie = ''

  constructor(url: string) {
    this.#url = url
  }

  async call(method: string, path: string, body?: object, headers: Record<string, string> = { origin: this.#url }) {
    const response = await fetch(this.#url + path, {
      method,
      headers: {
        ...(this.cookie === null ? {} : { cookie: `other=1; ajar_session=${this.cookie}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const set = response.headers.get('set-cookie')
    if (set !== null) {
      this.setCookie = set
      this.cookie = /^ajar_session=([^;]+);/.exec(set)?.[1] ?? null
    }
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    const answer: any = response.status === 204 ? null : await response.json()
    return { status: response.status, body: answer }
  }

  signIn(proof: object) {
    return this.call('POST', '/api/session', proof)
  }
}

// Ten sign-ins a minute is the limit: each part has a server of its own.
let server: RunningServer
const serverOfItsOwn = () =>
  beforeAll(async () => {
    server = await RunningServer.start(afterFile)
  })

const newToken = async (more: object = {}): Promise<{ id: string; token: string }> =>
  (await server.call('POST', '/api/tokens', { name: 'shown', role: 'operator', ...more })).body

const signedIn = async (proof: object) => {
  const browser = new Browser(server.url)
  expect((await browser.signIn(proof)).status).toBe(200)
  return browser
}

describe('signing in', () => {
  serverOfItsOwn()

  test('with a token: the cookie holds another one, that no script reads and no other site sends', async () => {
    const browser = new Browser(server.url)
    expect(await browser.call('GET', '/api/session')).toMatchObject({ status: 401 })
    expect(await browser.signIn({ token: ADMIN_TOKEN })).toMatchObject({ status: 200, body: { role: 'admin' } })
    expect(browser.setCookie).toMatch(/^ajar_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/; Max-Age=\d+$/)
    expect(Number(/Max-Age=(\d+)/.exec(browser.setCookie)?.[1])).toBeGreaterThan(29 * 24 * 3600)
    expect(browser.cookie).not.toBe(ADMIN_TOKEN)
    expect(await browser.call('GET', '/api/session')).toMatchObject({ status: 200, body: { role: 'admin' } })
    expect((await browser.call('GET', '/api/tokens')).status).toBe(200)
  })

  test('with name and password', async () => {
    await server.call('POST', '/api/users', { name: 'ann', password: PASSWORD, role: 'viewer' })
    const browser = await signedIn({ name: 'ann', password: PASSWORD })
    expect((await browser.call('GET', '/api/session')).body).toEqual({ name: 'ann', role: 'viewer' })
    expect((await browser.call('POST', '/api/devices', { name: 'x' })).status).toBe(403)
  })

  test('a sign-in lasts no longer than the token it came from', async () => {
    const soon = await newToken({ expiresAt: new Date(Date.now() + 100_000).toISOString() })
    const browser = await signedIn({ token: soon.token })
    expect(Number(/Max-Age=(\d+)/.exec(browser.setCookie)?.[1])).toBeLessThanOrEqual(100)
    const gone = await newToken({ expiresAt: new Date(Date.now() - 1).toISOString() })
    expect(await new Browser(server.url).signIn({ token: gone.token })).toMatchObject({
      status: 401,
      body: { error: { code: 'bad_token' } },
    })
  })

  test('another site can sign nobody in', async () => {
    const refused = await new Browser(server.url).call(
      'POST',
      '/api/session',
      { token: ADMIN_TOKEN },
      {
        origin: 'https://example.com',
      },
    )
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'cross_origin' } } })
  })

  test('guessing is slowed down: after ten tries in a minute there are no more', async () => {
    const guarded = new Browser((await RunningServer.start(onTestFinished)).url)
    const statuses = []
    for (let i = 0; i < 12; i++) statuses.push((await guarded.signIn({ token: 'a guess' })).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
  })
})

describe('with the cookie', () => {
  serverOfItsOwn()

  test('only pages of this server change things', async () => {
    const browser = await signedIn({ token: ADMIN_TOKEN })
    const port = server.app.listening.http
    const add = (name: string, headers: Record<string, string>) =>
      browser.call('POST', '/api/devices', { name }, headers)
    const crossOrigin = { status: 403, body: { error: { code: 'cross_origin' } } }
    expect(await add('a', { origin: server.url })).toMatchObject({ status: 201 })
    expect(await add('b', {})).toMatchObject(crossOrigin)
    expect(await add('b', { origin: 'null' })).toMatchObject(crossOrigin)
    expect(await add('b', { origin: `http://127.0.0.1:${port + 1}` })).toMatchObject(crossOrigin)
    expect(await add('b', { origin: `http://127.0.0.1.example.com:${port}` })).toMatchObject(crossOrigin)
    expect(await add('b', { origin: server.url, 'sec-fetch-site': 'cross-site' })).toMatchObject(crossOrigin)
    expect((await browser.call('DELETE', '/api/session', undefined, {})).status).toBe(403)
    expect((await browser.call('GET', '/api/devices', undefined, {})).body.items).toHaveLength(1)
  })

  test('callers with a token are asked for no origin', async () => {
    expect((await server.call('POST', '/api/devices', { name: 'c' })).status).toBe(201)
    const browser = await signedIn({ token: ADMIN_TOKEN })
    const bearer = { authorization: `Bearer ${ADMIN_TOKEN}`, origin: 'https://example.com' }
    expect((await browser.call('POST', '/api/devices', { name: 'd' }, bearer)).status).toBe(201)
  })

  test('a token that is shown goes before the cookie, also a wrong one', async () => {
    const browser = await signedIn({ token: ADMIN_TOKEN })
    for (const authorization of ['Bearer wrong', 'Basic d3Jvbmc6d3Jvbmc='])
      expect((await browser.call('GET', '/api/devices', undefined, { authorization })).status).toBe(401)
  })
})

describe('a sign-in ends', () => {
  serverOfItsOwn()

  const events = (cookie: string) => EventStream.open(onTestFinished, server.url, { token: cookie })

  test('when the browser signs out, and its event streams with it; others stay', async () => {
    const [here, there] = [await signedIn({ token: ADMIN_TOKEN }), await signedIn({ token: ADMIN_TOKEN })]
    const before = here.cookie ?? ''
    const stream = await events(before)
    expect((await here.call('DELETE', '/api/session')).status).toBe(204)
    expect(here.setCookie).toMatch(/^ajar_session=; .*Max-Age=0/)
    await stream.ended
    here.cookie = before
    expect((await here.call('GET', '/api/session')).status).toBe(401)
    expect((await there.call('GET', '/api/session')).status).toBe(200)
    expect((await server.call('GET', '/api/tokens')).status).toBe(200)
  })

  test.each([
    ['disabled', (id: string) => server.call('PATCH', `/api/tokens/${id}`, { disabled: true })],
    ['revoked', (id: string) => server.call('DELETE', `/api/tokens/${id}`)],
  ])('when the token that it came from is %s', async (_, takeAway) => {
    const { id, token } = await newToken()
    const browser = await signedIn({ token })
    const second = await signedIn({ token })
    const stream = await events(second.cookie ?? '')
    await takeAway(id)
    await stream.ended
    for (const one of [browser, second]) expect((await one.call('GET', '/api/session')).status).toBe(401)
    await server.call('PATCH', `/api/tokens/${id}`, { disabled: false })
    expect((await browser.call('GET', '/api/session')).status).toBe(401)
  })

  test('when the person is changed, also where he signed in by a token of his', async () => {
    await server.call('POST', '/api/users', { name: 'eve', password: PASSWORD, role: 'operator' })
    const { token } = (await server.call('POST', '/api/sessions', { name: 'eve', password: PASSWORD }, null)).body
    const browsers = [await signedIn({ name: 'eve', password: PASSWORD }), await signedIn({ token })]
    await server.call('PATCH', '/api/users/eve', { role: 'viewer' })
    for (const browser of browsers) expect((await browser.call('GET', '/api/session')).status).toBe(401)
  })

  test('when the browser signs in anew: the one before is not left open', async () => {
    const browser = await signedIn({ token: ADMIN_TOKEN })
    const before = browser.cookie
    await browser.signIn({ token: ADMIN_TOKEN })
    browser.cookie = before
    expect((await browser.call('GET', '/api/session')).status).toBe(401)
  })
})

test('over TLS the cookie is for TLS only, and so are the pages that change things with it', async (context) => {
  needsProgram('openssl', 'openssl', context)
  const authority = await Authority.create(onTestFinished)
  const { certFile, keyFile } = await authority.issue()
  const tls = { AJAR_TLS_CERT: certFile, AJAR_TLS_KEY: keyFile, AJAR_MQTTS_PORT: '0' }
  const { app } = await RunningServer.start(onTestFinished, tls)
  const port = app.listening.http
  const call = async (method: string, path: string, body: object, headers: Record<string, string>) => {
    const options = { host: 'localhost', port, path, method, ca: readFileSync(authority.caFile), agent: false }
    const calling = request({ ...options, headers: { 'content-type': 'application/json', ...headers } })
    calling.end(JSON.stringify(body))
    const [answer] = await once(calling, 'response')
    return { status: answer.statusCode, cookie: String(answer.headers['set-cookie']), body: await text(answer) }
  }
  const signedIn = await call('POST', '/api/session', { token: ADMIN_TOKEN }, { origin: `https://localhost:${port}` })
  expect(signedIn).toMatchObject({ status: 200, cookie: expect.stringMatching(/; Secure$/) })
  const cookie = signedIn.cookie.split(';')[0] ?? ''
  const add = async (origin: string) => (await call('POST', '/api/devices', { name: 'a' }, { cookie, origin })).status
  expect(await add(`http://localhost:${port}`)).toBe(403)
  expect(await add(`https://localhost:${port}`)).toBe(201)
})
