import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { isOnList, readOriginList } from '../src/origin-list.ts'
import { isStranger, whoIs } from '../src/programs/wire/who.ts'
import { A_PROGRAM, ProgramsWire } from './programs-wire-world.ts'

/** Programs without a token, where AJAR_LEGACY_OPEN=1; and pages of other servers. */

const LEARN = 'https://learn.example.net'
const EVIL = 'https://evil.example'
const EXECUTE = { action: 'execute', data: A_PROGRAM }

let closed: ProgramsWire
let open: ProgramsWire
beforeAll(async () => {
  closed = await ProgramsWire.start(afterFile, { AJAR_PROGRAMS_ORIGINS: LEARN })
  open = await ProgramsWire.start(afterFile, { AJAR_LEGACY_OPEN: '1', AJAR_PROGRAMS_ORIGINS: LEARN })
})

const nobody = { token: null }
const from = (origin: string, host?: string) => ({
  ...nobody,
  headers: { origin, ...(host === undefined ? {} : { host }) },
})

describe('without a token', () => {
  test('programs are run, read and downloaded', async () => {
    const id = await open.run(nobody)
    await open.runs.say(id, [{ type: 'stdout', data: '1' }])
    expect((await open.poll(id, 0, nobody)).output).toHaveLength(1)
    expect((await open.call('POST', '/download/', A_PROGRAM, nobody)).status).toBe(200)
    // A token that works no more is none: older clients go on showing what they have.
    expect((await open.poll(id, 0, { token: 'wrong' })).output).toHaveLength(1)
  })

  test('nobody reads what somebody with a token has run, and nobody ends it', async () => {
    const id = await open.run({ token: 'ann' })
    await open.runs.say(id, [{ type: 'stdout', data: 'secret' }])
    expect(await open.poll(id, 0, nobody)).toMatchObject({ completed: true, message: 'FAILURE' })
    expect((await open.call('DELETE', `/api/programs/runs/${id}`, undefined, nobody)).status).toBe(401)
    expect((await open.call('GET', '/api/programs/languages', undefined, nobody)).status).toBe(401)
    expect((await open.poll(id)).output).toHaveLength(1)
  })

  test('an address has as many runs as an account', async () => {
    const world = await ProgramsWire.start(afterFile, { AJAR_LEGACY_OPEN: '1', AJAR_PROGRAMS_PER_USER: '2' })
    await world.run(nobody)
    await world.run(nobody)
    const { body } = await world.call('POST', '/run_program/', A_PROGRAM, nobody)
    expect(body).toEqual({ identifier: '', message: expect.stringMatching(/2 of your programs/) })
    expect(await world.run({ token: 'ann' })).toMatch(/-/)
  })

  test('a WebSocket is open, too', async () => {
    const listener = open.socket(nobody)
    onTestFinished(() => void listener.socket.terminate())
    await listener.send(EXECUTE)
    const [{ identifier }] = await listener.until(1)
    expect(await open.poll(identifier, 0, nobody)).toMatchObject({ message: 'PENDING' })
  })
})

describe('pages of other servers', () => {
  test('may call with a token, and a browser that asks first is told so', async () => {
    for (const world of [closed, open])
      for (const path of ['/run_program/', '/check_output', '/download/']) {
        const asked = await world.call('OPTIONS', path, undefined, {
          ...nobody,
          headers: {
            ...{ origin: EVIL, host: 'programs.example.net', 'access-control-request-method': 'POST' },
            'access-control-request-headers': 'authorization,content-type',
          },
        })
        expect(asked.status).toBe(200)
        expect(asked.headers).toMatchObject({
          'access-control-allow-origin': '*',
          'access-control-allow-headers': 'authorization,content-type',
          'access-control-allow-methods': 'POST, OPTIONS',
        })
        expect(asked.headers['access-control-allow-credentials']).toBeUndefined()
      }
    const { status, headers } = await closed.call('POST', '/run_program/', A_PROGRAM, { headers: { origin: EVIL } })
    expect([status, headers['access-control-allow-origin']]).toEqual([200, '*'])
  })

  test('may not use the cookie of the console', async () => {
    const cookie = { cookie: 'ajar_session=ann' }
    for (const origin of [EVIL, LEARN, 'null'])
      for (const world of [closed, open]) {
        const headers = { ...cookie, origin }
        const { status } = await world.call('POST', '/run_program/', A_PROGRAM, { ...nobody, headers })
        expect([origin, status]).toEqual([origin, 403])
      }
    const headers = { ...cookie, origin: closed.url }
    expect((await closed.call('POST', '/run_program/', A_PROGRAM, { ...nobody, headers })).body.message).toBe('Pending')
  })

  test.each([
    ['of no server that was named', from(EVIL), 403],
    ['of no server at all', from('null'), 403],
    ['of a name that its owner let lead here', from(EVIL, 'evil.example'), 403],
    ['of that name, as one of this very server', from('http://evil.example', 'evil.example'), 403],
    ['of a server that was named', from(LEARN), 200],
    ['of such a server, by whatever name', from(LEARN, 'programs.example.net'), 200],
  ])('%s call without a token as the operator says', async (_, how, status) => {
    const { status: found, headers } = await open.call('POST', '/run_program/', A_PROGRAM, how)
    expect(found).toBe(status)
    expect(headers['access-control-allow-origin']).toBe('*')
    expect((await closed.call('POST', '/run_program/', A_PROGRAM, how)).status).toBe(401)
    const answers = [await refusalOf(open, how), await refusalOf(closed, how)]
    expect(answers.map(Boolean)).toEqual([status !== 200, true])
  })
})

/** The status with which a WebSocket is refused, or null. */
async function refusalOf(world: ProgramsWire, how: { token: null; headers: Record<string, string> }) {
  const listener = world.socket(how)
  onTestFinished(() => void listener.socket.terminate())
  const begun = listener.send(EXECUTE).then(() => null)
  return Promise.race([begun, listener.closed.then(({ status }) => status)])
}

test.each([
  ['192.168.1.20', '192.168.1.20'],
  ['::ffff:192.168.1.20', '192.168.1.20'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:0:12::1', '2001:db8:0:12::/64'],
  ['2001:db8:0:12:ffff:ffff:ffff:ffff', '2001:db8:0:12::/64'],
  ['2001:DB8::0012:1:2:3:4', '2001:db8:0:12::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('whoever comes from %s is whoever comes from %s', (address, place) => {
  const { account, isAdmin } = whoIs(null, address)
  expect([account, isAdmin, isStranger(account)]).toEqual([`address:${place}`, false, true])
})

test.each([
  ['', LEARN, false],
  [LEARN, LEARN, true],
  [`${LEARN}, http://192.168.1.20:8080`, 'http://192.168.1.20:8080', true],
  [LEARN, `${LEARN}:8443`, false],
  [LEARN, 'http://learn.example.net', false],
  [LEARN, 'https://learn.example.net.evil.example', false],
  ['*', EVIL, true],
  ['*', 'null', false],
])('of the list %j, %s is on it: %s', (list, origin, expected) => {
  expect(isOnList(readOriginList(list), origin)).toBe(expected)
})

test.each(['learn.example.net', `${LEARN}/path`, 'ftp://x', 'https://user@x', 'null'])('%s names no server', (text) => {
  expect(() => readOriginList(text)).toThrow(/servers are expected/)
})
