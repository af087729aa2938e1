import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { HttpConnections, type HttpConnectionsOptions } from '../src/http/connections.ts'
import { connectionShare, mostOpenFiles } from '../src/open-files.ts'
import { until } from './running-server.ts'

/** A server that knows whoever asks for `/known`, answers `/slow` never, and `/long` with more than fits on the way. */
async function serve(options: HttpConnectionsOptions) {
  const connections = new HttpConnections(options)
  const server = createServer(({ url, socket }, response) => {
    if (url === '/known') connections.know(socket)
    if (url === '/long') response.end(Buffer.alloc(64 * 1024 ** 2))
    else if (url !== '/slow') response.end('here')
  })
  connections.follow(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  let requests = 0
  server.on('request', () => {
    requests += 1
  })
  return { connections, server, requests: () => requests }
}

/** @param from an address of the loopback: all of 127.0.0.0/8 are */
async function open(server: Server, from = '127.0.0.1'): Promise<Socket> {
  const { port } = server.address() as AddressInfo
  const socket = connect({ port, host: '127.0.0.1', localAddress: from })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

async function ask(socket: Socket, path: string) {
  socket.write(`GET ${path} HTTP/1.1\r\nhost: here\r\n\r\n`)
  await once(socket, 'data')
}

test('beyond the limit strangers go first, the ones of the address that has most, the oldest first', async () => {
  const told: [string, number][] = []
  const { connections, server } = await serve({ most: 10, onCrowd: (...crowd) => told.push(crowd) })
  const known = await open(server)
  known.resume()
  await ask(known, '/known')
  const busy = await open(server)
  busy.write('GET /slow HTTP/1.1\r\nhost: here\r\n\r\n')
  const alone = await open(server, '127.0.0.2')
  const flood: Socket[] = []
  for (let i = 0; i < 7; i++) flood.push(await open(server))
  await until(() => connections.open === 10)
  expect(connections.crowd).toBeNull()
  const last = await open(server)
  await until(() => connections.open === 9)
  await until(() => busy.destroyed && flood[0]?.destroyed)
  expect([known, alone, ...flood.slice(1), last].map(({ destroyed }) => destroyed)).not.toContain(true)
  expect(connections.closed).toBe(2)
  expect(connections.crowd).toMatch(/^11 HTTP connections were open at once, 10 of them from 127\.0\.0\.1;/)
  expect(told).toEqual([[connections.crowd, 2]])
  // Whoever is known is still served.
  await ask(known, '/known')
})

test('where all are known, those who ask for nothing go', async () => {
  const { connections, server } = await serve({ most: 3 })
  const busy = await open(server)
  busy.write('GET /known HTTP/1.1\r\nhost: here\r\n\r\nGET /slow HTTP/1.1\r\nhost: here\r\n\r\n')
  await once(busy, 'data')
  const idle: Socket[] = []
  for (let i = 0; i < 2; i++) {
    idle.push(await open(server))
    await ask(idle[i] as Socket, '/known')
  }
  const last = await open(server)
  await until(() => idle.every(({ destroyed }) => destroyed))
  expect(connections.closed).toBe(2)
  expect(busy.destroyed).toBe(false)
  await ask(last, '/known')
})

test('whoever does not read its answer is cut off, whoever asks for nothing is not', async () => {
  const { connections, server } = await serve({ most: 10, unreadMs: 300, lookMs: 50 })
  const patient = await open(server)
  const deaf = await open(server)
  deaf.pause()
  deaf.write('GET /long HTTP/1.1\r\nhost: here\r\n\r\n')
  await until(() => connections.open === 1)
  expect(patient.destroyed).toBe(false)
  await ask(patient, '/')
})

test('whoever sends requests without waiting for answers is cut off before most of them are read', async () => {
  const { connections, server, requests } = await serve({ most: 10 })
  const hasty = await open(server)
  hasty.write('GET /slow HTTP/1.1\r\nhost: here\r\n\r\n'.repeat(8))
  await until(() => requests() === 8)
  expect(connections.closed).toBe(0)
  const flood = await open(server)
  flood.write('GET /slow HTTP/1.1\r\nhost: here\r\n\r\n'.repeat(1500))
  await once(flood, 'close')
  expect(requests()).toBe(8 + 9)
  expect(connections.closed).toBe(1)
  expect(connections.crowd).toMatch(/^one HTTP connection had more than 8 unanswered requests, from 127\.0\.0\.1;/)
  // One after the other, as many as one likes.
  const calm = await open(server)
  for (let i = 0; i < 20; i++) await ask(calm, '/')
  expect(connections.closed).toBe(1)
})

test('where too much is written that nobody reads, strangers are cut off first, the laziest of them', async () => {
  const { connections, server } = await serve({ most: 10, mostUnreadBytes: 100 * 1024 ** 2, lookMs: 50 })
  const known = await open(server)
  await ask(known, '/known')
  const deaf = [known, await open(server), await open(server)]
  for (const socket of deaf) socket.pause().write('GET /long HTTP/1.1\r\nhost: here\r\n\r\n')
  await until(() => connections.closed === 2)
  expect(connections.crowd).toMatch(/^more than 104857600 bytes of HTTP answers were not read, most from 127\.0\.0\.1;/)
  expect(connections.open).toBe(1)
})

test('a process that may open few files keeps most of them for itself', () => {
  expect(
    mostOpenFiles('Max processes  1  1  processes\nMax open files            256                  512  files\n'),
  ).toBe(256)
  expect(mostOpenFiles()).toBeGreaterThan(0)
  expect(connectionShare(1000, 256)).toBe(64)
  expect(connectionShare(1000, 1_000_000)).toBe(1000)
  expect(connectionShare(1000, null)).toBe(1000)
})
