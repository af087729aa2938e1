import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect as connectTcp } from 'node:net'
import { connect as connectTls, createServer } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { Authority } from '../../test/setup/certificates.ts'
import { boundHandshakes } from '../src/tls/unfinished-handshakes.ts'

const MOST = 3

test('beyond the limit the oldest unfinished handshake is closed; finished ones do not count', async () => {
  const authority = await Authority.create(onTestFinished)
  const { certFile, keyFile } = await authority.issue()
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
  server.on('tlsClientError', () => {})
  boundHandshakes(server, MOST)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: { destroy(): unknown }[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const idle = async () => {
    const socket = connectTcp(port, '127.0.0.1')
    socket.on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
    return { socket, closed: once(socket, 'close') }
  }
  const finished = async () => {
    const socket = connectTls({ port, host: 'localhost', ca: readFileSync(authority.caFile) })
    socket.on('error', () => {})
    sockets.push(socket)
    await once(socket, 'secureConnect')
    return socket
  }

  const open = [await finished(), await finished(), await finished(), await finished()]
  const waiting = [await idle(), await idle(), await idle()]
  open.push(await finished())
  await waiting[0]?.closed
  waiting.push(await idle(), await idle())
  await waiting[1]?.closed
  expect(waiting.slice(2).map(({ socket }) => socket.destroyed)).toEqual([false, false, false])
  expect(open.map(({ destroyed }) => destroyed)).toEqual([false, false, false, false, false])
})
