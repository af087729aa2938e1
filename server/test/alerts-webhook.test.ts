import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../test/setup/free-port.ts'
import { Receiver } from './receiver.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** What a rule finds, told to its webhook by a real server. */

const FULL = { kind: 'disk', params: { freeBytes: 1e15 }, forMs: 0 }
const SETTINGS = { AJAR_WEBHOOK_ALLOW: '127.0.0.1', AJAR_PUBLIC_URL: 'https://ajar.example.net/' }

test('an alert is told when it fires, is acknowledged and ends, signed, in order, over a restart', async () => {
  const environment = { AJAR_DATA_DIR: await temporaryFolder(onTestFinished), ...SETTINGS }
  const port = await freePort()
  const first = await RunningServer.start(onTestFinished, environment)
  const webhook = { url: `http://127.0.0.1:${port}/hook` }
  const rule = (await first.call('POST', '/api/alert-rules', { name: 'full', ...FULL, webhook })).body
  const standing = (of: RunningServer) => until(async () => (await of.call('GET', '/api/alerts')).body.items[0])
  const fired = await standing(first)
  // Nobody is there to take it.
  const path = `/api/alert-rules/${rule.id}`
  await until(async () => (await first.call('GET', path)).body.delivery?.lastError)
  expect((await first.call('POST', `${path}/test`)).body).toMatchObject({ status: null, text: expect.any(String) })
  const tried = (await first.call('POST', `${path}/retry`)).body
  expect(Date.parse(tried.nextAt)).toBeGreaterThan(Date.parse(tried.lastErrorAt))
  expect((await first.call('POST', '/api/alert-rules/none/retry')).status).toBe(404)
  const acknowledged = (await first.call('POST', `/api/alerts/${fired.id}/acknowledge`)).body
  expect((await first.call('GET', path)).body.delivery).toMatchObject({ waiting: 2, lastDeliveredAt: null })
  await first.app.close()

  const receiver = await Receiver.start(onTestFinished, rule.webhook.secret, undefined, port)
  const next = await RunningServer.start(onTestFinished, environment)
  await until(() => receiver.received.length === 2)
  await next.call('PATCH', path, { enabled: false })
  await until(() => receiver.received.length === 3)
  const [ended] = (await next.call('GET', '/api/alerts?state=resolved')).body.items
  const link = 'https://ajar.example.net/alerts'
  expect(receiver.received.map(({ message }) => message && { type: message.type, data: message.data })).toEqual([
    { type: 'alert.firing', data: { ...fired, link } },
    { type: 'alert.acknowledged', data: { ...acknowledged, link } },
    { type: 'alert.resolved', data: { ...ended, link } },
  ])
  expect(ended.text).toMatch(/ of the server's disk were free for .+; its rule was switched off$/)
  await until(async () => (await next.call('GET', path)).body.delivery.waiting === 0)

  expect((await next.call('POST', `${path}/test`)).body).toMatchObject({ status: 204 })
  expect(receiver.received.at(-1)?.message).toMatchObject({
    type: 'alert.test',
    data: { rule: rule.id, name: 'full', link },
  })
  await next.call('PATCH', path, { webhook: null })
  expect((await next.call('POST', `${path}/test`)).body.error.code).toBe('no_webhook')
})
