import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { Firefly, fitsBytes } from './firefly.ts'

/** Pictures that `ajar-dispatcher` is told by their address, as a Firefly server hands them out. */

const picture = fitsBytes(16, 30, 20, (x, y) => y * 30 + x)

async function serving(answer: RequestListener) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = await mkdtemp(join(tmpdir(), 'firefly-'))
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true, force: true })
  })
  const { port } = server.address() as AddressInfo
  return { firefly: new Firefly(folder), folder, url: `http://127.0.0.1:${port}` }
}

test('one that comes in pieces, or packed, or from elsewhere', async () => {
  const { firefly, folder, url } = await serving(async ({ url }, response) => {
    if (url === '/moved') return void response.writeHead(302, { location: '/picture.fits?a=b' }).end()
    const bytes = url === '/packed.fits.gz' ? gzipSync(picture) : picture
    for (let at = 0; at < bytes.length; at += 1000) {
      response.write(bytes.subarray(at, at + 1000))
      await sleep(5)
    }
    response.end()
  })
  for (const path of ['/picture.fits?a=b', '/packed.fits.gz', '/moved'])
    expect(await firefly.json('average_pixel', { _imageURL: url + path })).toEqual({ result: '299.5' })
  expect((await firefly.json('boundary', { _imageURL: `${url}/x.fits` })).type).toBe('CCD')
  for (const work of await readdir(join(folder, 'external')))
    expect(await readdir(join(folder, 'external', work))).toEqual([])
})

test.each<[string, RequestListener, RegExp]>([
  ['is not there', (_, response) => response.writeHead(404).end('no'), /answered 404/],
  ['fails', (_, response) => response.writeHead(503).end(), /answered 503/],
  [
    'breaks off',
    (_, response) => {
      response.writeHead(200, { 'content-length': picture.length })
      response.write(picture.subarray(0, 3000), () => response.destroy())
    },
    /could not be fetched/,
  ],
  ['is cut off', (_, response) => response.end(picture.subarray(0, 3000)), /file ends before/],
  ['is a page', (_, response) => response.end('<html>sign in</html>'), /no FITS, JPEG, PNG/],
])('one that %s is an error', async (_what, answer, why) => {
  const { firefly, folder, url } = await serving(answer)
  const said = await firefly.call('noise', { _imageURL: `${url}/picture.fits` })
  expect([said.code, said.outfile]).toEqual([1, undefined])
  expect(said.error).toMatch(why)
  expect(await readdir(firefly.out)).toEqual([])
  for (const work of await readdir(join(folder, 'external')))
    expect(await readdir(join(folder, 'external', work))).toEqual([])
})

test('a server that nobody is', async () => {
  const { firefly } = await serving(() => {})
  expect(await firefly.call('noise', { _imageURL: 'http://127.0.0.1:9/x.fits' })).toMatchObject({
    code: 1,
    error: expect.stringContaining('could not be fetched'),
  })
})
