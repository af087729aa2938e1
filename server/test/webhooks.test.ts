import { expect, onTestFinished, test } from 'vitest'
import { Receiver } from './receiver.ts'
import { Rules, SECRET } from './rule-with-webhook.ts'
import { until } from './running-server.ts'

const SECOND = 1000
const DAY = 86_400_000

/** Nobody answers there (discard). */
const DOWN = 'http://127.0.0.1:19999/'

const receiver = () => Receiver.start(onTestFinished, SECRET)
const opened = (...more: Parameters<typeof Rules.open> extends [unknown, ...infer Rest] ? Rest : never) =>
  Rules.open(onTestFinished, ...more)
const status = async (rules: Rules, rule = 'rule') => (await rules.webhooks.statusOf(rule)) ?? expect.fail('no webhook')

test('a message is signed, says what it is, and leaves the outbox once it is taken', async () => {
  const [rules, to] = [await opened(), await receiver()]
  await rules.add('rule', to.url)
  await rules.webhooks.start()
  const before = await status(rules)
  expect(before).toEqual({
    waiting: 0,
    dropped: 0,
    lastError: null,
    lastErrorAt: null,
    lastDeliveredAt: null,
    nextAt: null,
  })
  await rules.enqueue('rule', 7)
  await until(async () => (await status(rules)).lastDeliveredAt !== null)
  const [got] = to.received
  expect(to.received).toHaveLength(1)
  expect(got).toMatchObject({ method: 'POST', path: '/hook?for=doors', id: expect.stringMatching(/^msg_[\w-]{22}$/) })
  expect(got?.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': expect.stringMatching(/^ajar\/\d/),
  })
  const timestamp = new Date(rules.now).toISOString()
  expect(got?.message).toEqual({ type: 'alert.firing', timestamp, data: { n: 7 } })
  expect(await status(rules)).toEqual({ ...before, lastDeliveredAt: rules.now })
  expect(await rules.webhooks.waiting()).toBe(0)
  expect([rules.told, rules.outcomes]).toEqual([[], { delivered: 1, failed: 0, dropped: 0 }])
})

test('a receiver that is down holds up its own rule alone, and gets everything in order once it is there', async () => {
  const [rules, other] = [await opened(), await receiver()]
  const down = await receiver()
  await down.close()
  await rules.add('rule', down.url)
  await rules.add('other', other.url)
  await rules.webhooks.start()
  await rules.enqueue('rule', 1, 2, 3)
  await rules.enqueue('other', 4)
  await until(() => rules.outcomes.failed === 1 && rules.outcomes.delivered === 1)
  expect(await status(rules)).toMatchObject({
    waiting: 3,
    lastError: expect.stringContaining('ECONNREFUSED'),
    lastErrorAt: rules.now,
    lastDeliveredAt: null,
    nextAt: rules.now + SECOND,
  })
  rules.pass(SECOND - 1)
  await rules.enqueue('other', 5)
  await until(() => rules.outcomes.delivered === 2)
  expect(rules.outcomes.failed).toBe(1)
  rules.pass(1)
  await until(() => rules.outcomes.failed === 2)
  const back = await Receiver.start(onTestFinished, SECRET, undefined, down.port)
  rules.pass(2 * SECOND)
  await until(() => rules.outcomes.delivered === 5)
  expect([back.numbers, other.numbers]).toEqual([
    [1, 2, 3],
    [4, 5],
  ])
  expect(rules.told).toEqual(['a webhook takes no messages; they wait', 'a webhook takes messages again'])
})

test('what is not taken comes again under the same id, with a signature of its own time', async () => {
  const [rules, to] = [await opened(), await receiver()]
  await rules.add('rule', to.url)
  await rules.webhooks.start()
  to.answer = (response) => response.writeHead(500).end('  the <door>\n\u202e is\u0000 broken')
  await rules.enqueue('rule', 1, 2)
  await until(() => rules.outcomes.failed === 1)
  expect((await status(rules)).lastError).toBe('it answered 500 Internal Server Error: the <door> is broken')
  // The receivers' own library takes what is at most five minutes old.
  for (let attempt = 2; attempt <= 4; attempt++) {
    rules.pass(10 * SECOND)
    await until(() => rules.outcomes.failed === attempt)
  }
  to.answer = (response) => response.writeHead(200).end()
  rules.pass(10 * SECOND)
  await until(() => rules.outcomes.delivered === 2)
  expect(to.numbers).toEqual([1, 1, 1, 1, 1, 2])
  expect(new Set(to.received.map(({ id }) => id)).size).toBe(2)
  expect(new Set(to.received.map(({ headers }) => headers['webhook-timestamp'])).size).toBe(5)
})

test('a wait grows to ten minutes; a receiver may ask for more, up to an hour', async () => {
  const [rules, to] = [await opened(), await receiver()]
  await rules.add('rule', to.url)
  await rules.webhooks.start()
  const waits: number[] = []
  const fail = async (status: number, headers: Record<string, string> = {}) => {
    const { failed } = rules.outcomes
    to.answer = (response) => response.writeHead(status, headers).end()
    rules.webhooks.wake()
    await until(() => rules.outcomes.failed > failed)
    const row = await rules.database.read.selectFrom('webhook_outbox').select('next_at').executeTakeFirstOrThrow()
    waits.push((row.next_at - rules.now) / SECOND)
    rules.now = row.next_at
  }
  await rules.enqueue('rule', 1)
  for (let i = 0; i < 12; i++) await fail(503)
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300])
  await fail(429, { 'retry-after': '1200' })
  await fail(429, { 'retry-after': new Date(rules.now + 1800_000).toUTCString() })
  await fail(429, { 'retry-after': '9'.repeat(30) })
  await fail(429, { 'retry-after': 'soon' })
  expect(waits.slice(12)).toEqual([1200, expect.closeTo(1800, -1), 3600, 300])
})

test('a clock that is set back holds nothing up', async () => {
  const [rules, to] = [await opened(), await receiver()]
  await rules.add('rule', to.url)
  await rules.webhooks.start()
  const at = rules.now
  rules.now += 365 * DAY
  to.answer = (response) => response.writeHead(500).end()
  await rules.enqueue('rule', 1)
  await until(() => rules.outcomes.failed === 1)
  to.answer = (response) => response.writeHead(200).end()
  rules.now = at
  rules.webhooks.wake()
  await until(() => rules.outcomes.delivered === 1)
  expect(to.numbers.at(-1)).toBe(1)
})

test('after three days and many attempts a message is given up, and that is told', async () => {
  const rules = await opened()
  await rules.add('rule', DOWN)
  await rules.webhooks.start()
  await rules.enqueue('rule', 1, 2)
  await until(() => rules.outcomes.failed === 1)
  // A clock that jumps makes no message old: it has not been tried often by then.
  for (let attempt = 2; attempt <= 19; attempt++) {
    rules.pass(4 * DAY)
    await until(() => rules.outcomes.failed === attempt)
  }
  expect(await status(rules)).toMatchObject({ waiting: 2, dropped: 0 })
  rules.pass(4 * DAY)
  await until(() => rules.outcomes.dropped === 1)
  expect(await status(rules)).toMatchObject({ waiting: 1, dropped: 1 })
  expect(rules.told).toEqual([
    'a webhook takes no messages; they wait',
    'a webhook took no messages for three days; they are dropped',
  ])
})

test('at most a thousand wait for a rule: the oldest are dropped and counted, but for the one on its way', async () => {
  const [rules, to] = [await opened(), await receiver()]
  let release = () => {}
  to.answer = (response) => {
    release = () => response.writeHead(200).end()
  }
  await rules.add('rule', to.url)
  await rules.add('other', DOWN)
  await rules.webhooks.start()
  await rules.enqueue('rule', 0)
  await until(() => to.received.length === 1)
  await rules.database.write.transaction().execute(async (transaction) => {
    await rules.webhooks.enqueue(transaction, 'other', { type: 'alert.firing', data: {} })
    for (let n = 1; n <= 1004; n++)
      await rules.webhooks.enqueue(transaction, 'rule', { type: 'alert.firing', data: { n } })
  })
  expect(await status(rules)).toMatchObject({ waiting: 1000, dropped: 5 })
  expect((await rules.webhooks.statuses()).get('other')).toMatchObject({ waiting: 1, dropped: 0 })
  expect(rules.told).toEqual(['too many messages wait for a webhook; the oldest are dropped'])
  release()
  await until(() => to.received.length === 2)
  expect(to.numbers).toEqual([0, 6])
  expect(await status(rules)).toMatchObject({ waiting: 999, dropped: 5 })
})

test('one request of a rule is on its way at a time, and eight in all', async () => {
  const [rules, to] = [await opened(), await receiver()]
  const open: (() => void)[] = []
  let most = 0
  to.answer = (response) => {
    open.push(() => response.writeHead(200).end())
    most = Math.max(most, open.length)
  }
  const names = Array.from({ length: 12 }, (_, i) => `rule-${i}`)
  for (const name of names) await rules.add(name, to.url)
  await rules.webhooks.start()
  for (const name of names) await rules.enqueue(name, 1, 2)
  await until(() => open.length === 8)
  while (rules.outcomes.delivered < 24) {
    open.shift()?.()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(most).toBe(8)
  expect(to.received).toHaveLength(24)
})

test('a transaction that is undone sends nothing', async () => {
  const [rules, to] = [await opened(), await receiver()]
  await rules.add('rule', to.url)
  await rules.webhooks.start()
  const undone = rules.database.write.transaction().execute(async (transaction) => {
    await rules.webhooks.enqueue(transaction, 'rule', { type: 'alert.firing', data: { n: 1 } })
    throw new Error('undone')
  })
  await expect(undone).rejects.toThrow('undone')
  await rules.enqueue('rule', 2)
  await until(() => rules.outcomes.delivered === 1)
  expect(to.numbers).toEqual([2])
})

test('a rule without a webhook has no messages; one whose webhook goes loses them', async () => {
  const [rules, to] = [await opened(), await receiver()]
  await rules.add('silent', null)
  await rules.add('rule', DOWN)
  await rules.add('gone', DOWN)
  await rules.webhooks.start()
  await rules.enqueue('silent', 1)
  expect(await rules.webhooks.statusOf('silent')).toBeNull()
  expect([...(await rules.webhooks.statuses()).keys()].sort()).toEqual(['gone', 'rule'])
  await rules.enqueue('rule', 2)
  await until(() => rules.outcomes.failed === 1)
  await rules.webhooks.forget('rule')
  expect(await status(rules)).toMatchObject({ waiting: 0, lastError: null })
  await rules.enqueue('gone', 3)
  await until(() => rules.outcomes.failed === 2)
  await rules.webhooks.close()
  // As where a crash came between: the next start sweeps.
  await rules.database.write.deleteFrom('alert_rules').where('id', '=', 'gone').execute()
  await rules.webhooks.start()
  expect(await rules.webhooks.waiting()).toBe(0)
  expect(await rules.database.read.selectFrom('webhook_deliveries').selectAll().execute()).toEqual([])
  expect(to.received).toEqual([])
})

test('an address that is mended is tried at once', async () => {
  const [rules, to] = [await opened(), await receiver()]
  await rules.add('rule', DOWN)
  await rules.webhooks.start()
  await rules.enqueue('rule', 1)
  await until(() => rules.outcomes.failed === 1)
  const webhook_json = JSON.stringify({ url: to.url, secret: SECRET })
  await rules.database.write.updateTable('alert_rules').set({ webhook_json }).where('id', '=', 'rule').execute()
  await rules.webhooks.tryAgain('rule')
  await until(() => rules.outcomes.delivered === 1)
  expect(to.numbers).toEqual([1])
})

test('what waits can be tried now, and what came of it is told', async () => {
  const [rules, to] = [await opened(), await receiver()]
  await rules.add('rule', to.url)
  await rules.add('silent', null)
  await rules.webhooks.start()
  to.answer = (response) => response.writeHead(500).end()
  await rules.enqueue('rule', 1, 2)
  await until(() => rules.outcomes.failed === 1)
  rules.now += SECOND / 2
  const failed = await rules.webhooks.retry('rule')
  expect(failed).toMatchObject({ waiting: 2, lastErrorAt: rules.now, lastDeliveredAt: null })
  expect(failed.nextAt).toBeGreaterThan(rules.now)
  to.answer = (response) => response.writeHead(200).end()
  expect(await rules.webhooks.retry('rule')).toMatchObject({ lastDeliveredAt: rules.now })
  await until(() => rules.outcomes.delivered === 2)
  expect(to.numbers).toEqual([1, 1, 1, 2])
  expect(await rules.webhooks.retry('rule')).toMatchObject({ waiting: 0, nextAt: null })
  await expect(rules.webhooks.retry('silent')).rejects.toMatchObject({ status: 409, code: 'no_webhook' })
})

test('a message can be sent past the outbox, and what the receiver says is told', async () => {
  const [rules, to] = [await opened(), await receiver()]
  await rules.add('rule', to.url)
  await rules.add('down', DOWN)
  await rules.add('silent', null)
  const send = (rule: string) => rules.webhooks.deliverNow(rule, { type: 'alert.test', data: { n: 5 } })
  to.answer = (response) => response.writeHead(202).end('thanks')
  expect(await send('rule')).toEqual({ status: 202, text: 'it answered 202 Accepted: thanks' })
  expect(to.received[0]?.message).toMatchObject({ type: 'alert.test', data: { n: 5 } })
  expect(await send('down')).toEqual({ status: null, text: expect.stringContaining('ECONNREFUSED') })
  await expect(send('silent')).rejects.toMatchObject({ status: 409, code: 'no_webhook' })
  to.answer = () => {}
  const answers = Array.from({ length: 11 }, () => send('rule').catch(({ code }) => code))
  expect(await Promise.race(answers)).toBe('busy')
  await rules.webhooks.close()
  expect(await Promise.all(answers)).toContainEqual({ status: null, text: 'the server stops' })
})
