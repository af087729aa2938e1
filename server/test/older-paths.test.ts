import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { tokenOf, wire } from './laboratory-client.ts'
import { RunningServer } from './running-server.ts'

/** Paths below the older prefixes that are no routes, on the whole server, whose console answers every other GET. */

let server: RunningServer
let token: string
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  token = await tokenOf(server, 'ann')
})

const NO_ROUTES = [
  ...['/api/datasessions/1/zzz/', '/api/available_operations/zzz', '/api/analysis', '/api/analysis/zzz/'],
  ...[
    '/api/laboratory/zzz',
    '/portal',
    '/portal/zzz/?a=b',
    '/archive/',
    '/archive/zzz/',
    '/thumbnails',
    '/thumbnails/a/b/',
  ],
]

test.each(['GET', 'HEAD', 'POST', 'DELETE'].flatMap((method) => NO_ROUTES.map((path) => [method, path] as const)))(
  '%s %s: 404, and 401 without a token',
  async (method, path) => {
    for (const [shown, status, detail] of [
      [token, 404, 'Not found.'],
      [null, 401, 'Authentication credentials were not provided.'],
    ] as const) {
      const answer = await wire(server, method, path, undefined, { token: shown, headers: { accept: 'text/html' } })
      expect(answer.status).toBe(status)
      if (method !== 'HEAD') expect(answer.body).toEqual({ detail })
      expect(answer.headers['access-control-allow-origin']).toBe('*')
    }
  },
)

test.each([
  ['GET', '/api/analysis/raw-data/', 'OPTIONS, POST'],
  ['GET', '/portal/api-token-auth/', 'OPTIONS, POST'],
  ['GET', '/api/datasessions/1/operations/bulk_delete', undefined],
  ['DELETE', '/archive/frames/', 'GET, HEAD, OPTIONS'],
])('%s %s: not with this method', async (method, path, allow) => {
  const { status, headers, body } = await wire(server, method, path, undefined, { token })
  // `bulk_delete` may be the id of an operation, which is not there.
  expect(status).toBe(allow === undefined ? 404 : 405)
  expect(headers.allow).toBe(allow)
  expect(body).toEqual({ detail: expect.any(String) })
})

test.each(NO_ROUTES)('OPTIONS %s: 404 to a browser that asks first', async (path) => {
  const { status, headers, body } = await wire(server, 'OPTIONS', path, undefined, { token: null })
  expect([status, body]).toEqual([404, { detail: 'Not found.' }])
  expect(headers['access-control-allow-origin']).toBe('*')
})

test('pages of the console are pages still', async () => {
  const headers = { accept: 'text/html' }
  for (const path of ['/laboratory', '/archives', '/portals/1', '/'])
    expect((await wire(server, 'GET', path, undefined, { headers })).headers['content-type']).toMatch(/^text\/html/)
  expect((await wire(server, 'GET', '/api/zzz')).body.error.code).toBe('not_found')
})
