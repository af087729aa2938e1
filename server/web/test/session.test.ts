import { expect, test, vi } from 'vitest'
import { get, whenSignedOut } from '../src/api/client.ts'
import { Session } from '../src/session/session.ts'
import { openAt, serve } from './browser.ts'

const MARA = { name: 'mara', role: 'operator' }
const refused = (code: string, message = 'no') => ({ error: { code, message } })
/** A server that knows one token, and whether its cookie is there. */
function server({ signedIn = false } = {}) {
  return serve((call, body) => {
    if (call === 'POST /api/session') {
      signedIn = (body as { token: string }).token === 'good'
      return signedIn ? [200, MARA] : [401, refused('bad_token')]
    }
    return signedIn ? [200, MARA] : [401, refused('unauthenticated', 'send a token: Authorization: Bearer <token>')]
  })
}

test('the link signs in, and its token leaves the address', async () => {
  openAt('/?state=open#token=good')
  server()
  const session = new Session()
  await session.start()
  expect(session.who.value).toEqual(MARA)
  expect(location.href).toBe('http://console/?state=open')
})

test('a link that is opened in a page that is there already signs in as well', async () => {
  const { page, go } = openAt('/')
  server()
  const session = new Session()
  await session.start()
  expect(session.who.value).toBeNull()
  go('/#token=good')
  page.dispatchEvent(new Event('hashchange'))
  expect(location.href).toBe('http://console/')
  await vi.waitFor(() => expect(session.who.value).toEqual(MARA))
})

test('another fragment is none of its business', async () => {
  const { page, go } = openAt('/')
  const calls = server({ signedIn: true })
  const session = new Session()
  await session.start()
  go('/#main')
  page.dispatchEvent(new Event('hashchange'))
  expect(location.hash).toBe('#main')
  expect(calls).toEqual(['GET /api/session'])
})

test('a link that is not good is told of, and is not tried again', async () => {
  openAt('/#token=bad')
  server()
  const session = new Session()
  await session.start()
  expect(session.who.value).toBeNull()
  expect(session.linkFault.value?.code).toBe('bad_token')
  expect(session.canTryLinkAgain).toBe(false)
})

test.each([
  ['the server does not answer', null, 'unreachable'],
  ['it was asked too often', [429, refused('too_many_requests')] as [number, object], 'too_many_requests'],
])('a link that could not be judged is kept for another try: %s', async (_why, answer, code) => {
  openAt('/#token=good')
  let isAway = true
  serve((call) => {
    if (call === 'GET /api/session') return [401, refused('unauthenticated')]
    return isAway ? answer : [200, MARA]
  })
  const session = new Session()
  await session.start()
  expect(location.hash).toBe('')
  expect(session.linkFault.value?.code).toBe(code)
  expect(session.canTryLinkAgain).toBe(true)
  isAway = false
  await session.tryLinkAgain()
  expect(session.who.value).toEqual(MARA)
  expect(session.linkFault.value).toBeNull()
})

test('signing out that does not reach the server leaves one signed in, and says so', async () => {
  openAt('/')
  let answer: [number, object] | null = null
  serve((call) => (call.startsWith('DELETE') ? answer : [200, MARA]))
  const session = new Session()
  await session.start()
  await expect(session.signOut()).rejects.toThrow('You are still signed in: the server does not answer.')
  expect(session.who.value).toEqual(MARA)
  expect(session.isLikely).toBe(true)
  answer = [500, refused('internal', 'our fault')]
  await expect(session.signOut()).rejects.toThrow('You are still signed in: our fault')
  answer = [204, {}]
  await session.signOut()
  expect(session.who.value).toBeNull()
})

test('any call finds that the session has ended, and nobody is told to send a header', async () => {
  openAt('/')
  let isOver = false
  serve(() => (isOver ? [401, refused('unauthenticated', 'send a token: Authorization')] : [200, MARA]))
  const session = new Session()
  whenSignedOut(() => void session.ask())
  await session.start()
  isOver = true
  await expect(get('/api/cameras')).rejects.toThrow(/^You are not signed in any more/)
  await vi.waitFor(() => expect(session.who.value).toBeNull())
})

test('an answer that was asked for before somebody signed in signs nobody out', async () => {
  openAt('/')
  const { promise: late, resolve } = Promise.withResolvers<Response>()
  vi.stubGlobal('fetch', async (_: string, { method }: RequestInit) =>
    method === 'GET' ? late : new Response(JSON.stringify(MARA)),
  )
  const session = new Session()
  const asking = session.ask()
  await session.signIn({ token: 'good' })
  resolve(new Response('{}', { status: 401 }))
  await asking
  expect(session.who.value).toEqual(MARA)
})
