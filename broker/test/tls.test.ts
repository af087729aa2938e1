import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import mqtt from 'mqtt'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { Authority, type CertificateFiles } from '../../test/setup/certificates.ts'
import type { BrokerLimits } from '../src/index.ts'
import { codes, PASSWORD, startBroker, until } from './start-broker.ts'

let authority: Authority
let files: CertificateFiles
let ca: Buffer
beforeAll(async () => {
  authority = await Authority.create(afterFile)
  files = await authority.issue()
  ca = readFileSync(authority.caFile)
})

const contextOf = ({ certFile, keyFile }: CertificateFiles): SecureContext =>
  createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: 'TLSv1.2' })

/** A broker that also listens for TLS. */
async function startTls(limits: Partial<BrokerLimits> = {}, context = () => contextOf(files)) {
  const started = await startBroker({}, limits)
  const { port } = await started.broker.listen({ host: '127.0.0.1', port: 0 }, context)
  return { ...started, tlsPort: port }
}

async function connectSecurely(port: number, username: string) {
  const options = { clientId: username, username, password: PASSWORD, reconnectPeriod: 0, ca }
  const client = await mqtt.connectAsync(`mqtts://localhost:${port}`, options)
  client.on('error', () => {})
  onTestFinished(() => void client.end(true))
  return client
}

async function rawSocket(port: number) {
  const socket = connectTcp(port, '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return { socket, closed: once(socket, 'close') }
}

test('frames come through TLS byte for byte', async () => {
  const { tlsPort, heard } = await startTls()
  const client = await connectSecurely(tlsPort, 'pi')
  const frames = Array.from({ length: 20 }, (_, i) => Buffer.alloc(100_000 + i * 7919, i + 1))
  await Promise.all(frames.map((jpeg, i) => client.publishAsync(`ajar/pi/cam/frame/${i + 1}`, jpeg, { qos: 1 })))
  expect(heard.frames).toHaveLength(frames.length)
  for (const { time, jpeg } of heard.frames) expect(frames[Number(time) - 1]?.equals(jpeg)).toBe(true)
})

test('a client that speaks plain MQTT is closed, reported with what may be wrong, and costs nobody else', async () => {
  const { tlsPort, heard } = await startTls()
  const good = await connectSecurely(tlsPort, 'pi')
  const { socket, closed } = await rawSocket(tlsPort)
  socket.write(Buffer.from([0x10, 16, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 4, 110, 97, 109, 101]))
  await closed
  await until(() => codes(heard).includes('tls_failed'))
  expect(heard.events.find(({ code }) => code === 'tls_failed')?.text).toContain('plain MQTT')
  await good.publishAsync('ajar/pi/status', '{"state":"online"}', { qos: 1 })
})

test('handshakes that do not end are bounded: the oldest are closed, and others get in', async () => {
  const { tlsPort } = await startTls({ maxUnauthenticated: 3 })
  const idle = []
  for (let i = 0; i < 3; i++) idle.push(await rawSocket(tlsPort))
  const client = await connectSecurely(tlsPort, 'pi')
  await idle[0]?.closed
  expect(client.connected).toBe(true)
  expect(idle[2]?.socket.destroyed).toBe(false)
})

test('a handshake that does not end is closed in the time that CONNECT has', async () => {
  const { tlsPort } = await startTls({ connectMs: 100 })
  const { closed } = await rawSocket(tlsPort)
  await closed
})

test('each new connection is served with the certificate of now; those that are open go on', async () => {
  let now = contextOf(files)
  const { tlsPort, heard } = await startTls({}, () => now)
  const before = await connectSecurely(tlsPort, 'pi')
  now = contextOf(await authority.issue({ names: 'DNS:new.example' }))
  const socket = connectTls({ port: tlsPort, host: '127.0.0.1', ca, servername: 'new.example' })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  expect(socket.getPeerCertificate().subjectaltname).toBe('DNS:new.example')
  await before.publishAsync('ajar/pi/status', '{"state":"online"}', { qos: 1 })
  expect(heard.statuses).toHaveLength(1)
})

test('TLS 1.1 is refused', async () => {
  const { tlsPort } = await startTls()
  const options = { port: tlsPort, host: '127.0.0.1', ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
  const socket = connectTls({ ...options, ciphers: 'DEFAULT@SECLEVEL=0' })
  await expect(once(socket, 'secureConnect')).rejects.toThrow(/protocol version/)
})
