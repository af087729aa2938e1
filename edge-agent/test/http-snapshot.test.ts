import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { Authority } from '../../test/setup/certificates.ts'
import { camera, realPictures, take } from './cameras.ts'

const snapshot = { driver: 'http-snapshot', intervalMs: 10 }
const address = (port: number, path = '/snapshot.jpg?channel=1') => `http://127.0.0.1:${port}${path}`

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  let connections = 0
  server.on('connection', () => connections++)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

const jpeg = (response: ServerResponse, bytes: Uint8Array) =>
  response.setHeader('content-type', 'image/jpeg').end(bytes)

async function one(context: TestContext): Promise<Buffer> {
  return (await realPictures(context)).webcam[0] as Buffer
}

test('pictures come over one connection; a connection that closes as it is used again is none of our trouble', async (context) => {
  const { webcam } = await realPictures(context)
  let asked = 0
  const { port, connections } = await serve((request, response) => {
    if (++asked === 4) request.socket.resetAndDestroy()
    else jpeg(response, webcam[asked % 5] as Buffer)
  })
  const { pictures } = await take(camera({ ...snapshot, url: address(port) }), 5)
  expect(pictures.map((picture) => Buffer.from(picture.jpeg))).toEqual([1, 2, 3, 0, 1].map((i) => webcam[i]))
  expect(connections()).toBe(2)
})

type Answer = (response: ServerResponse, picture: Buffer) => void
const wrongs: [string, Answer, RegExp][] = [
  ['a slow answer', (response, picture) => response.write(picture.subarray(0, 100)), /no whole answer within 0.5 s/],
  [
    'a huge picture',
    (response, picture) => jpeg(response, Buffer.concat([picture, Buffer.alloc(300_000)])),
    /larger than 100000 bytes/,
  ],
  [
    'an answer without an end',
    (response) => {
      const more = () => response.write(Buffer.alloc(20_000)) && setImmediate(more)
      response.on('drain', more)
      more()
    },
    /larger than 100000 bytes/,
  ],
  [
    '401',
    (response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    /asks for user and password/,
  ],
  ['500', (response) => response.writeHead(500).end('broken'), /answers 500/],
  [
    'a page',
    (response) => response.setHeader('content-type', 'text/html').end('<html>'),
    /6 bytes \(text\/html\) is no JPEG/,
  ],
  ['nothing', (response) => response.end(), /0 bytes .* is no JPEG/],
  ['a cut picture', (response, picture) => jpeg(response, picture.subarray(0, 9000)), /its JPEG of 9000 bytes is cut/],
  [
    'a connection that breaks',
    (response, picture) => {
      response
        .writeHead(200, { 'content-length': picture.length })
        .write(picture.subarray(0, 9000), () => response.destroy())
    },
    /aborted|hang up/,
  ],
  ['a redirect', (response) => response.writeHead(302, { location: '/other' }).end(), /another address \(302\)/],
  [
    'an endless stream',
    (response) =>
      void response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=x' }).write('--x'),
    /endless stream/,
  ],
]

test.for(wrongs)('%s is told, without the address', async ([, answer, message], context) => {
  const picture = await one(context)
  const { port } = await serve((_, response) => answer(response, picture))
  const config = camera({ ...snapshot, url: address(port, '/s?pwd=secret'), timeoutMs: 500 })
  const error = await take(config, 1, { maxFrameBytes: 100_000 }).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'snapshot_failed', message: expect.stringMatching(message) })
  expect(String(error)).not.toContain('secret')
})

test('nobody there is told', async () => {
  await expect(take(camera({ ...snapshot, url: address(1) }), 1)).rejects.toThrow(
    /^http:\/\/127.0.0.1:1: .*ECONNREFUSED/,
  )
})

test('Basic is answered, with what stands in the url or beside it, and only when it is asked for', async (context) => {
  const picture = await one(context)
  const seen: (string | undefined)[] = []
  const { port } = await serve(({ headers }, response) => {
    seen.push(headers.authorization)
    const right = headers.authorization === `Basic ${Buffer.from('me:p@ss').toString('base64')}`
    if (right) jpeg(response, picture)
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="door"' }).end()
  })
  await take(camera({ ...snapshot, url: address(port), user: 'me', password: 'p@ss' }), 2)
  expect(seen.map((header) => header === undefined)).toEqual([true, false, false])
  await take(camera({ ...snapshot, url: address(port).replace('//', '//me:p%40ss@') }), 1)
  const wrong = take(camera({ ...snapshot, url: address(port), user: 'me', password: 'wrong' }), 1)
  await expect(wrong).rejects.toThrow('refuses user and password (401)')
})

test.each([
  [
    'switches to another protocol',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n',
    /aborted before/,
  ],
  [
    'asks who we are without an end',
    'HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n',
    /refuses user and password/,
  ],
])('a camera that %s does not hold the agent for ever', async (_, head, message) => {
  const server = createTcpServer((socket) => {
    const more = () => void (socket.writable && socket.write(Buffer.alloc(20_000)))
    socket.on('error', () => {}).on('drain', more)
    socket.once('data', () => {
      socket.write(head)
      more()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const url = address((server.address() as AddressInfo).port)
  const settings = { ...snapshot, url, user: 'me', password: 'secret', timeoutMs: 500 }
  await expect(take(camera(settings), 1)).rejects.toThrow(message)
})

/** Whether a digest is right; written apart from the code under test, after RFC 7616. */
function isRight({ headers, url }: IncomingMessage, algorithm: 'md5' | 'sha256', nonce: string): boolean {
  const field = (name: string) => new RegExp(`\\b${name}="?([^",]*)"?`).exec(headers.authorization ?? '')?.[1]
  const hash = (text: string) => createHash(algorithm).update(text).digest('hex')
  const [first, last] = [hash('me:the door:p@ss'), hash(`GET:${url}`)]
  const expected = hash(`${first}:${nonce}:${field('nc')}:${field('cnonce')}:auth:${last}`)
  return field('nonce') === nonce && field('response') === expected
}

test.each(['md5', 'sha256'] as const)(
  'Digest with %s is answered, again when the nonce is old, and never by Basic',
  async (algorithm) => {
    const picture = Buffer.from('ffd8ffda0003cc0102ffd9', 'hex')
    let asked = 0
    const counts: (string | undefined)[] = []
    const name = algorithm === 'md5' ? 'MD5' : 'SHA-256'
    const { port } = await serve((request, response) => {
      const nonce = ++asked < 4 ? 'first' : 'second'
      counts.push(/nc=(\w+)/.exec(request.headers.authorization ?? '')?.[1])
      if (isRight(request, algorithm, nonce)) return jpeg(response, picture)
      const challenge = `Digest realm="the door", qop="auth,auth-int", nonce="${nonce}", algorithm=${name}, opaque="o", stale=true`
      response.writeHead(401, { 'www-authenticate': [challenge, 'Basic realm="the door"'] }).end()
    })
    const { pictures } = await take(camera({ ...snapshot, url: address(port), user: 'me', password: 'p@ss' }), 4)
    expect(pictures).toHaveLength(4)
    expect(counts).toEqual([undefined, '00000001', '00000002', '00000003', '00000001', '00000002'])
  },
)

test('a certificate is checked, and one of our own taken where it is named', async () => {
  const authority = await Authority.create(onTestFinished)
  const { certFile, keyFile } = await authority.issue()
  const files = { cert: await readFile(certFile), key: await readFile(keyFile) }
  const picture = Buffer.from('ffd8ffda0003cc0102ffd9', 'hex')
  const server = createTlsServer(files, (_, response) => void jpeg(response, picture))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  await expect(take(camera({ ...snapshot, url }), 1)).rejects.toThrow(/certificate/)
  expect((await take(camera({ ...snapshot, url, ca: authority.caFile }), 1)).pictures).toHaveLength(1)
})
