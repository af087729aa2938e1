import { describe, expect, test } from 'vitest'
import { Logging } from '../src/index.ts'
import { withoutSecrets } from '../src/logging/secret-forms.ts'

/** What is logged, and what is made of it before anybody sees it. */

function build(level: 'info' | 'trace' = 'info') {
  const printed: string[] = []
  const file = { path: '', maxBytes: 0, enabled: false }
  const logging = new Logging({ level, file, print: (text) => void printed.push(text) })
  return { logging, printed, jsons: () => logging.recent.newest({}, 100).map(({ json }) => JSON.parse(json)) }
}

describe('levels', () => {
  test('a component that gets a level of its own changes alone, also for loggers made of it before', () => {
    const { logging, printed } = build()
    const ofRequest = logging.of('http').child({ reqId: 1 })
    const logAll = () => {
      printed.length = 0
      logging.of('ingest').debug('of ingest')
      logging.of('record').debug('of record')
      ofRequest.debug('of a request')
      return printed.map((line) => line.split(': ')[1]?.split(' reqId')[0]?.trim())
    }
    expect(logAll()).toEqual([])
    logging.levels.set(undefined, { http: 'debug' })
    expect(logAll()).toEqual(['of a request'])
    logging.levels.set('debug', { http: null, record: 'warn' })
    expect(logAll()).toEqual(['of ingest', 'of a request'])
    expect(logging.levels.own).toMatchObject({ record: 'warn', http: null })
  })
})

test('a change of what is logged is logged, whatever the levels', () => {
  const { logging, jsons } = build()
  logging.levels.set('silent', { logging: 'silent' })
  logging.tellChange('ann', { generalLevel: 'silent' })
  expect(jsons()).toMatchObject([{ level: 'warn', component: 'logging', by: 'ann', generalLevel: 'silent' }])
})

describe('lines', () => {
  test('no field says when, how grave, who or what in place of the line', () => {
    const { logging, jsons } = build()
    logging.of('http').warn({ level: 'info', time: 'never', component: 'server', msg: 'all is well' }, 'refused')
    expect(jsons()).toMatchObject([
      { level: 'warn', component: 'http', msg: 'refused', level_: 'info', component_: 'server', msg_: 'all is well' },
    ])
    expect(jsons()[0].time).toMatch(/Z$/)
  })

  test('say when, how grave, who and what', () => {
    const { logging, printed, jsons } = build()
    logging.of('ingest').warn({ frame: 'pi/door/1', code: 'empty' }, 'frame refused')
    expect(printed[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN ingest: frame refused frame="pi\/door\/1" code="empty"\n$/)
    expect(jsons()[0]).toEqual({
      level: 'warn',
      time: expect.stringMatching(/Z$/),
      component: 'ingest',
      frame: 'pi/door/1',
      code: 'empty',
      msg: 'frame refused',
    })
  })

  test('what somebody sends cannot look like a line of ours', () => {
    const { logging, printed } = build()
    const forged = 'x\n12:00:00.000 info server: all is well \u001b[31m\u2028\u202e\u200f\u061c\u200b\u{e0041}'
    logging.of('broker').warn({ client: forged }, `refused ${forged}`)
    logging.of('http').error({ err: new Error(forged) }, 'request failed')
    expect(printed[0]?.split('\n')).toHaveLength(2)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(printed.join('')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u2028\u202e\u200f\u061c\u200b\u{e0041}]/u)
    for (const line of (printed[1] ?? '').split('\n').slice(1, -1)) expect(line).toMatch(/^ {2}/)
  })

  test('long ones are cut', () => {
    const { logging, printed } = build()
    logging.of('http').warn({ text: 'x'.repeat(1e6), list: Array(1000).fill('y'.repeat(1e4)) }, 'z'.repeat(1e6))
    expect(printed[0]?.length).toBeLessThan(100_000)
  })
})

describe('secrets', () => {
  const TOKEN = 'abcdefghijklmnopqrstuvwxyz0123456789-_ABCDE'
  test.each([
    ['a URL with a password', { why: 'connect http://ann:hunter2hunter2@db:8086/x failed' }, 'hunter2'],
    ['a password with an @', { why: 'mqtt://ann:hun@ter2@broker:1883' }, 'ter2'],
    ['a query', { url: '/mqtt?token=hunter2&x=1' }, 'hunter2'],
    ['a fragment', { url: 'http://h/#token=hunter2' }, 'hunter2'],
    ['a header', { headers: { authorization: 'Bearer hunter2', cookie: 'ajar=hunter2' } }, 'hunter2'],
    ['a header in a text', { why: 'sent Authorization: Bearer hunter2hunter2hunter2' }, 'hunter2'],
    ['a quoted body', { why: 'in {"name":"ann","password":"hunter2"}' }, 'hunter2'],
    ['a field', { password: 'hunter2', newPassword: 'hunter2', accessToken: ['hunter2'] }, 'hunter2'],
    ['a token of ours', { name: `is ${TOKEN}, no?` }, 'klmnop'],
    ['the secret of a webhook', { why: 'whsec_hunter2/+hunter2= is new' }, 'hunter2'],
    ['a short name', { why: 'pass=hunter2 pw=hunter2 apikey=hunter2&x=1' }, 'hunter2'],
    ['a colon', { why: 'password: hunter2, x-api-key: hunter2' }, 'hunter2'],
    ['single quotes', { why: "{'password':'hunter2 hunter2'}" }, 'hunter2'],
    ['JSON in JSON', { why: JSON.stringify(JSON.stringify({ password: 'hunter2 hunter2' })) }, 'hunter2'],
    ['a quote in a password', { why: JSON.stringify({ password: 'a"hunter2' }) }, 'hunter2'],
    ['short fields', { pass: 'hunter2', pw: 'hunter2', apiKey: 'hunter2', privateKey: 'hunter2' }, 'hunter2'],
    ['a number', { pw: 271828, 'x-api-key': 271828 }, '271828'],
    ['a token that is cut', { why: `${'x '.repeat(990)}${TOKEN}${TOKEN}` }, 'klmnop'],
    ['a known secret', { why: 'the-known-secret stands here' }, 'the-known'],
    ['a request', { req: { method: 'GET', url: '/', headers: { authorization: 'hunter2' } } }, 'hunter2'],
    ['an error', { err: Object.assign(new Error('no'), { request: { auth: 'hunter2' } }) }, 'hunter2'],
    ['the cause of an error', { err: new Error('no', { cause: new Error('http://a:hunter2@b/') }) }, 'hunter2'],
  ])('%s', (_name, fields, secret) => {
    const { logging, printed, jsons } = build()
    logging.hide('the-known-secret')
    logging.of('server').warn(fields, 'said')
    expect(printed[0]).not.toContain(secret)
    expect(JSON.stringify(jsons())).not.toContain(secret)
  })

  test('a megabyte of anything is looked through in time', () => {
    for (const unit of [
      'a',
      'a:',
      '://',
      '"',
      '\\\\"',
      'pass',
      'pass=',
      'pass="',
      'pass:\\\\"',
      'Bearer ',
      'token ',
      'whsec_',
      '-',
      '@',
      ' ',
    ])
      expect(withoutSecrets(unit.repeat(1_000_000 / unit.length)).length).toBeGreaterThan(0)
  })

  test('ids are none', () => {
    const { logging, printed } = build()
    logging
      .of('jobs')
      .info({ job: crypto.randomUUID(), tokenId: 'abc', frame: 'demo-pi/front-door/1795286400000' }, 'x')
    expect(printed[0]).not.toContain('hidden')
  })
})
