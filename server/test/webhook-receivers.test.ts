import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Authority } from '../../test/setup/certificates.ts'
import type { Lookup } from '../src/alerts/webhook/addresses.ts'
import type { WebhookPorts } from '../src/alerts/webhook/webhooks.ts'
import { Receiver } from './receiver.ts'
import { Rules, SECRET } from './rule-with-webhook.ts'
import { until } from './running-server.ts'

/** Receivers that mean harm, or are broken. All of it stays on loopback: 127.0.0.1 is allowed, and stands for the world. */

/** For those who are to be given up. */
const SOON = { limitMs: 400 }
const TOO_LATE = 'no whole answer within 0.4 s'

async function rulesTo(url: string, more: Partial<WebhookPorts> = {}): Promise<Rules> {
  const rules = await Rules.open(onTestFinished, more)
  await rules.add('rule', url)
  await rules.webhooks.start()
  return rules
}

/** What it takes for a failure, after one attempt. */
async function failureOf(rules: Rules): Promise<string | null> {
  await rules.enqueue('rule', 1)
  await until(() => rules.outcomes.failed === 1)
  const { waiting, lastError } = (await rules.webhooks.statusOf('rule')) ?? {}
  expect([waiting, rules.outcomes.delivered]).toEqual([1, 0])
  return lastError ?? null
}

/** A program that speaks no HTTP that anybody would call so. */
async function rawReceiver(speak: (socket: Socket) => void, host = '127.0.0.1', port = 0) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('data', () => speak(socket))
  }).listen(port, host)
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, sockets }
}

/** Writes on and on until nobody listens. */
function endlessly(socket: Socket, text: string, everyMs: number) {
  const timer = setInterval(() => socket.write(text), everyMs)
  socket.on('close', () => clearInterval(timer))
}

describe('a receiver', () => {
  test('that takes the message and says nothing is left after the limit', async () => {
    const { port, sockets } = await rawReceiver(() => {})
    expect(await failureOf(await rulesTo(`http://127.0.0.1:${port}/`, SOON))).toBe(TOO_LATE)
    await until(() => [...sockets].every((socket) => socket.closed || socket.readableEnded))
  })

  test('whose headers trickle is left after the limit', async () => {
    const { port } = await rawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ')
      endlessly(socket, 'y', 10)
    })
    expect(await failureOf(await rulesTo(`http://127.0.0.1:${port}/`, SOON))).toBe(TOO_LATE)
  })

  test('that says `continue` without an end is left after the limit', async () => {
    const { port } = await rawReceiver((socket) => endlessly(socket, 'HTTP/1.1 102 Processing\r\n\r\n', 10))
    expect(await failureOf(await rulesTo(`http://127.0.0.1:${port}/`, SOON))).toBe(TOO_LATE)
  })

  test.each([
    ['nothing', '', 'socket hang up'],
    ['something else', 'SSH-2.0-door\r\n', 'Parse Error'],
    [
      'that it speaks another protocol from now on',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: door\r\n\r\n',
      'closed before an answer',
    ],
    ['headers without an end', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}\r\n`, 'Header overflow'],
  ])('that answers %s has not taken it', async (_, answer, why) => {
    const { port } = await rawReceiver((socket) => socket.end(answer))
    expect(await failureOf(await rulesTo(`http://127.0.0.1:${port}/`))).toMatch(why)
  })

  test('has taken what it answers with 2xx, and nothing else', async () => {
    const to = await Receiver.start(onTestFinished, SECRET)
    const rules = await rulesTo(to.url)
    for (const status of [400, 401, 404, 410, 429, 500, 503, 599]) {
      const { failed } = rules.outcomes
      to.answer = (response) => response.writeHead(status).end()
      if (failed === 0) await rules.enqueue('rule', 1)
      else rules.pass(600_000)
      await until(() => rules.outcomes.failed > failed)
      expect((await rules.webhooks.statusOf('rule'))?.lastError).toMatch(`it answered ${status}`)
    }
    for (const [i, status] of [204, 200, 201, 299].entries()) {
      to.answer = (response) => response.writeHead(status).end()
      if (i === 0) rules.pass(600_000)
      else await rules.enqueue('rule', i)
      await until(() => rules.outcomes.delivered === i + 1)
    }
  })

  test('whose answer does not end has taken it with its status, and is read to a limit', async () => {
    const { port, sockets } = await rawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n')
      const more = () => {
        while (!socket.destroyed && socket.write('x'.repeat(65_536)));
      }
      socket.on('drain', more)
      more()
    })
    const rules = await rulesTo(`http://127.0.0.1:${port}/`)
    await rules.enqueue('rule', 1)
    await until(() => rules.outcomes.delivered === 1)
    await until(() => [...sockets].every((socket) => socket.closed))
  })

  test('whose long refusal is told in one short line', async () => {
    const to = await Receiver.start(onTestFinished, SECRET)
    to.answer = (response) => response.writeHead(500).end('no '.repeat(1_000_000))
    const why = await failureOf(await rulesTo(to.url))
    expect(why).toMatch(/^it answered 500 Internal Server Error: no no .*…$/)
    expect(why?.length).toBeLessThan(300)
  })

  test('whose answer trickles after its status has taken it', async () => {
    const { port } = await rawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
      endlessly(socket, 'y', 20)
    })
    const rules = await rulesTo(`http://127.0.0.1:${port}/`, { limitMs: 3000 })
    await rules.enqueue('rule', 1)
    await until(() => rules.outcomes.delivered === 1)
  })
})

describe('what may not be reached', () => {
  /** Listens beside a receiver where nothing may be sent, and counts who comes. */
  async function victim(port: number): Promise<{ visits: number }> {
    const counted = { visits: 0 }
    const server = createServer((socket) => {
      counted.visits += 1
      socket.on('error', () => {}).end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    }).listen(port, '127.0.0.2')
    await once(server, 'listening')
    onTestFinished(async () => void server.close())
    return counted
  }

  test.each([301, 302, 303, 307, 308])('is not reached by a redirect (%i)', async (status) => {
    const to = await Receiver.start(onTestFinished, SECRET)
    const beside = await victim(to.port)
    to.answer = (response) => response.writeHead(status, { location: `http://127.0.0.2:${to.port}/` }).end()
    expect(await failureOf(await rulesTo(to.url))).toMatch(`it answers ${status}, a redirect, which is not followed`)
    expect([to.received.length, beside.visits]).toEqual([1, 0])
  })

  test('is not reached by a name that leads elsewhere when it is asked again', async () => {
    const to = await Receiver.start(onTestFinished, SECRET)
    const beside = await victim(to.port)
    const answers = ['127.0.0.1', '127.0.0.2', '127.0.0.1']
    const asked: string[] = []
    const lookup: Lookup = async (host) => {
      asked.push(host)
      return [{ address: answers.shift() ?? '127.0.0.2', family: 4 }]
    }
    const rules = await rulesTo(`http://door.example:${to.port}/`, { lookup })
    to.answer = (response) => response.writeHead(500).end()
    await failureOf(rules)
    expect([asked, to.received[0]?.headers.host]).toEqual([['door.example'], `door.example:${to.port}`])
    // Judged anew at each attempt: now it leads to what may not be reached, and then it does not any more.
    rules.pass(2000)
    await until(() => rules.outcomes.failed === 2)
    expect((await rules.webhooks.statusOf('rule'))?.lastError).toBe(
      'door.example leads nowhere: 127.0.0.2 is a loopback address: AJAR_WEBHOOK_ALLOW has to name it',
    )
    to.answer = (response) => response.writeHead(200).end()
    rules.pass(10_000)
    await until(() => rules.outcomes.delivered === 1)
    expect([asked.length, to.received.length, beside.visits]).toEqual([3, 2, 0])
  })

  test('is not reached where a name has such addresses beside others, also where those do not answer', async () => {
    const to = await Receiver.start(onTestFinished, SECRET)
    const beside = await victim(to.port)
    const lookup: Lookup = async () => [
      { address: '127.0.0.2', family: 4 },
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ]
    const rules = await rulesTo(`http://door.example:${to.port}/`, { lookup })
    await rules.enqueue('rule', 1)
    await until(() => rules.outcomes.delivered === 1)
    await to.close()
    await rules.enqueue('rule', 2)
    await until(() => rules.outcomes.failed === 1)
    expect(beside.visits).toBe(0)
  })

  test.each(['127.0.0.2', '2130706434', '0x7f.2', '[::ffff:127.0.0.2]', '[2002:7f00:2::]', 'localhost.'])(
    'is not reached as %s, although a row of the database names it',
    async (host) => {
      const to = await Receiver.start(onTestFinished, SECRET)
      const beside = await victim(to.port)
      const lookup: Lookup = async () => [{ address: '127.0.0.2', family: 4 }]
      const rules = await rulesTo(`http://${host}:${to.port}/`, { lookup })
      expect(await failureOf(rules)).toMatch('AJAR_WEBHOOK_ALLOW')
      expect([to.received.length, beside.visits]).toEqual([0, 0])
    },
  )

  test('a resolver that is silent costs no more than the limit', async () => {
    const rules = await rulesTo('http://door.example/', { ...SOON, lookup: () => new Promise(() => {}) })
    expect(await failureOf(rules)).toBe(TOO_LATE)
  })
})

describe('over TLS', () => {
  async function secure(names: string, trusted: boolean, days = 90) {
    const authority = await Authority.create(onTestFinished)
    const { certFile, keyFile } = await authority.issue({ names, days })
    const before = getCACertificates('default')
    onTestFinished(() => setDefaultCACertificates(before))
    if (trusted) setDefaultCACertificates([...before, await readFile(authority.caFile, 'utf8')])
    const tls = { cert: await readFile(certFile), key: await readFile(keyFile) }
    const to = await Receiver.start(onTestFinished, SECRET, tls)
    const lookup: Lookup = async () => [{ address: '127.0.0.1', family: 4 }]
    return { to, rules: await rulesTo(`https://door.example:${to.port}/`, { lookup }) }
  }

  test('a receiver that proves its name is told', async () => {
    const { to, rules } = await secure('DNS:door.example', true)
    await rules.enqueue('rule', 1)
    await until(() => rules.outcomes.delivered === 1)
    expect(to.numbers).toEqual([1])
  })

  test.each([
    ['of an authority that nobody trusts', 'DNS:door.example', false, 90, /certificate/],
    ['of another name', 'DNS:other.example', true, 90, /altnames/],
    ['that has expired', 'DNS:door.example', true, -1, /expired/],
  ])('nothing is said to one with a certificate %s', async (_, names, trusted, days, why) => {
    const { to, rules } = await secure(names, trusted, days)
    expect(await failureOf(rules)).toMatch(why)
    expect(to.received).toEqual([])
  })

  test('nothing is said to one that speaks no TLS', async () => {
    const to = await Receiver.start(onTestFinished, SECRET)
    expect(await failureOf(await rulesTo(to.url.replace('http:', 'https:')))).toMatch(/SSL|TLS/i)
    expect(to.received).toEqual([])
  })
})
