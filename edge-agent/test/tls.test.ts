import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer as createPlainServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { Authority, type CertificateFiles } from '../../test/setup/certificates.ts'
import { type AgentEvent, checkConfig, createAgent, readTrust } from '../src/index.ts'
import { Outbox } from '../src/outbox/outbox.ts'
import { startBroker } from './broker.ts'
import { folderOf, notebook, quiet, temporaryFolder, until } from './places.ts'

let authority: Authority
let other: Authority
beforeAll(async () => {
  authority = await Authority.create(afterFile)
  other = await Authority.create(afterFile)
})

const FRAMES = 5

/** A broker behind TLS with this certificate; `swap` gives it another one. */
async function tlsBroker({ certFile, keyFile }: CertificateFiles) {
  const broker = await startBroker()
  const read = (files: CertificateFiles) => ({ cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) })
  const sockets = new Set<Socket>()
  const server = createServer(read({ certFile, keyFile }), (socket) => {
    const upstream = connect(broker.port, '127.0.0.1')
    for (const end of [socket, upstream]) {
      sockets.add(end)
      end.on('error', () => {})
    }
    socket.pipe(upstream).pipe(socket)
    upstream.on('close', () => socket.destroy())
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await broker.close()
  })
  const swap = (files: CertificateFiles) => server.setSecureContext(read(files))
  return { broker, swap, port: (server.address() as AddressInfo).port }
}

/** An agent with frames in its outbox. */
async function startAgent(server: string, ca: string | undefined) {
  const dataDir = await temporaryFolder()
  const outbox = new Outbox({ folder: join(dataDir, 'outbox'), limits: { maxBytes: 1e9, maxFrames: 1e4 }, log: quiet })
  await outbox.start()
  for (let id = 1; id <= FRAMES; id++)
    await outbox.put({ kind: 'frame', source: 'cam', atMs: id }, Buffer.from(`frame ${id}`))
  await outbox.close()
  const events: AgentEvent[] = []
  const log = notebook()
  const cameras = [{ name: 'cam', driver: 'folder', path: await folderOf({}) }]
  const outboxLimits = { maxAgeMs: 1e13 } // the ids here are of 1970
  const config = checkConfig({
    device: 'pi',
    token: 'secret',
    server,
    ...(ca ? { ca } : {}),
    dataDir,
    cameras,
    outbox: outboxLimits,
  })
  const timing = { answerTimeoutMs: 30_000, backoff: { baseMs: 20, capMs: 100 } }
  const agent = createAgent(config, { log, timing, onEvent: (event) => events.push(event) })
  onTestFinished(() => agent.close())
  await agent.start()
  const faults = () => events.filter((event) => event.state === 'fault')
  return { agent, log, faults }
}

test('frames are sent over TLS to a server whose certificate the CA signed', async () => {
  const { broker, port } = await tlsBroker(await authority.issue())
  const { agent } = await startAgent(`mqtts://localhost:${port}`, authority.caFile)
  await until(() => broker.received.length === FRAMES)
  expect((await agent.status()).fault).toBeNull()
})

test("a server whose own certificate is in `ca` is trusted under any name, and another's is not", async () => {
  const files = await other.issue({ names: 'DNS:elsewhere.example' })
  const { broker, port } = await tlsBroker(files)
  await startAgent(`mqtts://127.0.0.1:${port}`, files.certFile)
  await until(() => broker.received.length === FRAMES)
  const stranger = await tlsBroker(await other.issue())
  const { faults } = await startAgent(`mqtts://127.0.0.1:${stranger.port}`, files.certFile)
  await until(() => faults().length > 0)
  expect(stranger.broker.received).toEqual([])
})

test.each([
  ['a certificate that somebody else signed', () => other.issue(), 'nobody we trust signed its certificate'],
  ['an expired certificate', () => authority.issue({ days: -1 }), 'has expired'],
  ['a certificate for another name', () => authority.issue({ names: 'DNS:door.example' }), 'is for another name'],
])('%s: said once to whoever listens, frames wait, and are sent when it is put right', async (_, issue, words) => {
  const { broker, port, swap } = await tlsBroker(await issue())
  const { agent, log, faults } = await startAgent(`mqtts://localhost:${port}`, authority.caFile)
  const tries = () => log.lines.filter((line) => line.includes('is not trusted')).length
  await until(() => tries() >= 3)
  expect(faults()).toEqual([{ device: 'pi', state: 'fault', code: 'untrusted_server', text: expect.any(String) }])
  expect(log.lines.join('\n')).toContain(words)
  expect(await agent.status()).toMatchObject({ outboxFrames: FRAMES, fault: expect.stringContaining(words) })
  expect(broker.received).toEqual([])
  swap(await authority.issue())
  await until(() => broker.received.length === FRAMES)
  expect((await agent.status()).fault).toBeNull()
})

test('a server that speaks no TLS is said to be none, not blamed on the network', async () => {
  const server = createPlainServer((socket) => {
    socket.on('error', () => {})
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const { faults } = await startAgent(`mqtts://localhost:${port}`, authority.caFile)
  await until(() => faults().length > 0)
  expect(faults()).toMatchObject([{ code: 'untrusted_server', text: expect.stringContaining('does not speak TLS') }])
})

test.each([
  [
    'HTTP',
    'mqtt:',
    (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    /probably it speaks HTTP there.*1883/,
  ],
  [
    'TLS, which says so',
    'mqtt:',
    (socket: Socket) => socket.end(Buffer.from('150301000202', 'hex')),
    /probably it speaks TLS there: write mqtts:/,
  ],
  [
    'TLS, without a word',
    'mqtt:',
    (socket: Socket) => socket.destroy(),
    /probably it speaks TLS there \(then write mqtts/,
  ],
  ['MQTT, unencrypted', 'mqtts:', (socket: Socket) => socket.destroy(), /probably it does not speak TLS there/],
])('an address where another protocol is spoken is told as that: %s', async (_, scheme, answer, words) => {
  const server = createPlainServer((socket) => {
    socket.on('error', () => {}).once('data', () => answer(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { log } = await startAgent(`${scheme}//localhost:${(server.address() as AddressInfo).port}`, undefined)
  await until(() => log.lines.some((line) => words.test(line)))
})

test('a CA that is none, or is not there, is a fault of the configuration', async () => {
  const folder = await folderOf({ 'ca.pem': 'not a certificate' })
  await expect(readTrust(`${folder}/ca.pem`)).rejects.toMatchObject({ code: 'bad_ca', fault: 'caller' })
  const { faults } = await startAgent('mqtts://localhost:1', `${folder}/missing.pem`)
  await until(() => faults().length > 0)
  expect(faults()).toMatchObject([{ code: 'bad_ca', text: expect.stringContaining('missing.pem') }])
})

test('a CA for a connection that is not encrypted is refused', () => {
  const least = { device: 'pi', token: 't', dataDir: 'data', cameras: [{ name: 'cam', driver: 'synthetic' }] }
  expect(() => checkConfig({ ...least, server: 'mqtt://localhost', ca: 'ca.pem' })).toThrow('would not be encrypted')
  expect(checkConfig({ ...least, server: 'wss://localhost/mqtt', ca: 'ca.pem' }).ca).toBe('ca.pem')
})
