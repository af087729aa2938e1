import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { consoleRoutes } from '../src/http/console.ts'
import { createHttp } from '../src/http/http.ts'
import { createLog } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PAGE = '<!doctype html><title>the console</title>'
const SCRIPT = `console.log(${JSON.stringify('x'.repeat(5000))})`

async function serverOf(dist: string) {
  const http = await createHttp({ log: createLog('silent'), maxFrameBytes: 1, authenticate: () => null })
  onTestFinished(() => http.close())
  http.get('/api/cameras', { config: { access: 'viewer' }, schema: { summary: 'Cameras' } }, async () => [])
  await consoleRoutes(http, dist)
  return http
}

async function built(dist: string) {
  await mkdir(join(dist, 'assets'), { recursive: true })
  await writeFile(join(dist, 'index.html'), PAGE)
  await writeFile(join(dist, 'assets', 'main-1.js'), SCRIPT)
  await writeFile(join(dist, 'assets', 'main-1.js.br'), brotliCompressSync(SCRIPT))
  await writeFile(join(dist, 'assets', 'main-1.js.gz'), gzipSync(SCRIPT))
}

const browser = { accept: 'text/html,*/*;q=0.8' }

test('a browser gets the page at every address of the console, and asks for it anew each time', async () => {
  const dist = await temporaryFolder(onTestFinished)
  await built(dist)
  const http = await serverOf(dist)
  for (const url of ['/', '/sign-in', '/devices', '/camera/pi/front-door', '/teach/pi/front-door?from=1']) {
    const { statusCode, body, headers } = await http.inject({ url, headers: browser })
    expect({ url, statusCode, body }).toEqual({ url, statusCode: 200, body: PAGE })
    expect(headers).toMatchObject({
      'cache-control': 'no-cache',
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect(headers['content-security-policy']).toContain("default-src 'self'")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['content-security-policy']).not.toContain('unsafe')
  }
})

test('a program that asks for JSON is told that the server is there', async () => {
  const dist = await temporaryFolder(onTestFinished)
  await built(dist)
  const http = await serverOf(dist)
  const asked = async (accept: string | undefined, url = '/') =>
    (await http.inject({ url, headers: accept === undefined ? {} : { accept } })).body
  expect(JSON.parse(await asked('application/json'))).toEqual({ message: 'OK' })
  expect(JSON.parse(await asked('application/json, text/plain, */*'))).toEqual({ message: 'OK' })
  for (const accept of [undefined, '*/*', browser.accept, 'text/html, application/json'])
    expect(await asked(accept)).toBe(PAGE)
  expect(JSON.parse(await asked('application/json', '/sign-in')).error.code).toBe('not_found')
})

test('assets are kept for ever, and come compressed to whom takes that', async () => {
  const dist = await temporaryFolder(onTestFinished)
  await built(dist)
  const http = await serverOf(dist)
  const url = '/assets/main-1.js'
  for (const [accepted, encoding] of [
    ['gzip, br', 'br'],
    ['gzip', 'gzip'],
    ['identity', undefined],
  ]) {
    const { statusCode, headers } = await http.inject({ url, headers: { 'accept-encoding': accepted ?? '' } })
    expect(statusCode).toBe(200)
    expect(headers['content-encoding']).toBe(encoding)
    expect(headers['content-type']).toMatch(/^(text|application)\/javascript/)
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(headers.vary).toMatch(/accept-encoding/i)
  }
})

test('what is no page stays an error that programs read, and no file beside the console is served', async () => {
  const dist = join(await temporaryFolder(onTestFinished), 'dist')
  await built(dist)
  await writeFile(join(dist, '..', 'secret.txt'), 'kept apart')
  const http = await serverOf(dist)
  const missing: [string, Record<string, string>][] = [
    ['/api/nothing', browser],
    ['/nothing', { accept: 'application/json' }],
    ['/assets/main-2.js', {}],
    ['/assets/../../secret.txt', {}],
    ['/assets/%2e%2e/%2e%2e/secret.txt', {}],
    ['/assets/..%2f..%2fsecret.txt', {}],
  ]
  for (const [url, headers] of missing) {
    const { statusCode, body } = await http.inject({ url, headers })
    expect([url, statusCode >= 400 && statusCode < 500, body.includes('kept apart')]).toEqual([url, true, false])
    expect(JSON.parse(body).error.code).toMatch(/not_found|bad_request/)
  }
  expect((await http.inject({ url: '/api/cameras', headers: browser })).statusCode).toBe(401)
  expect((await http.inject({ method: 'POST', url: '/devices', headers: browser })).statusCode).toBe(404)
})

test.each(['//', '//[', '///', '//x:99999/'])('%s is no address, and told so', async (path) => {
  const http = await serverOf(await temporaryFolder(onTestFinished))
  await http.listen({ host: '127.0.0.1', port: 0 })
  const { port } = http.server.address() as AddressInfo
  const call = request({ host: '127.0.0.1', port, path, headers: browser, agent: false })
  call.end()
  const [answer] = await once(call, 'response')
  expect(answer.statusCode).toBe(404)
  expect(JSON.parse(await text(answer)).error.code).toBe('not_found')
})

test('a console that is not built says what to do, and is there when it has been', async () => {
  const dist = join(await temporaryFolder(onTestFinished), 'dist')
  const http = await serverOf(dist)
  const before = await http.inject({ url: '/', headers: browser })
  expect(before.statusCode).toBe(503)
  expect(before.body).toContain('npm run console:build')
  await built(dist)
  expect((await http.inject({ url: '/', headers: browser })).body).toBe(PAGE)
})

test('the console stands in no API description, whose own pages still work', async () => {
  const http = await serverOf(await temporaryFolder(onTestFinished))
  const { paths } = (await http.inject({ url: '/docs/json' })).json()
  expect(Object.keys(paths)).toEqual(['/api/cameras'])
  const docs = await http.inject({ url: '/docs/', headers: browser })
  expect([docs.statusCode, docs.body.includes('swagger-ui')]).toEqual([200, true])
})
