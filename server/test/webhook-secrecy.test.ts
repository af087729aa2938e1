import { expect, onTestFinished, test } from 'vitest'
import { Receiver } from './receiver.ts'
import { Rules, SECRET } from './rule-with-webhook.ts'
import { RunningServer, until } from './running-server.ts'

/** An address may be a secret, and receivers repeat it: as frameworks do of a path that they do not know. */
async function repeating() {
  const receiver = await Receiver.start(onTestFinished, SECRET)
  receiver.answer = (response, { path }) => response.writeHead(404, `No ${path}`).end(`Cannot POST ${path}`)
  return receiver
}

test('what a receiver answers is shown to those who see its address, and to nobody else', async () => {
  const { url } = await repeating()
  const server = await RunningServer.start(onTestFinished, { AJAR_WEBHOOK_ALLOW: '127.0.0.1' })
  const rule = { name: 'full', kind: 'disk', params: { freeBytes: 1e15 }, forMs: 0, webhook: { url } }
  const made = (await server.call('POST', '/api/alert-rules', rule)).body
  const failure = async (path: string, token?: string) => {
    const { body } = await server.call('GET', path, undefined, token)
    return (body.items?.[0] ?? body).delivery
  }
  const path = `/api/alert-rules/${made.id}`
  await until(async () => (await failure(path)).lastError)
  expect((await failure(path)).lastError).toContain('Cannot POST /hook')
  for (const role of ['viewer', 'analyst']) {
    const { token } = (await server.call('POST', '/api/tokens', { name: role, role })).body
    for (const of of [path, '/api/alert-rules'])
      expect(await failure(of, token)).toMatchObject({
        lastError: 'whoever may change rules sees why',
        lastErrorAt: expect.any(String),
      })
    const tested = await server.call('POST', `${path}/test`, undefined, token)
    expect(tested.status).toBe(403)
  }
})

test('the log does not repeat what a receiver answers', async () => {
  const { url } = await repeating()
  const logged: object[] = []
  const log = { info: () => {}, warn: (fields: object) => void logged.push(fields) }
  const rules = await Rules.open(onTestFinished, { log })
  await rules.add('rule', url)
  await rules.webhooks.start()
  await rules.enqueue('rule', 1)
  await until(() => logged.length === 1)
  expect(logged).toEqual([{ rule: 'rule', why: 'it answered 404' }])
})
