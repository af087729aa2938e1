import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { CAMERA, label, train } from './lesson.ts'
import { download, unzipped } from './model-zips.ts'
import { ADMIN_TOKEN, RunningServer } from './running-server.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await label(server, 4)
}, 120_000)

async function fetched(path: string, headers: Record<string, string> = {}) {
  const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers } })
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) }
}

test('a camera hands back the model that it is asked with, whole, and once', { timeout: 120_000 }, async () => {
  const path = `/api/cameras/${CAMERA}/model`
  const before = await server.call('GET', path)
  expect(before).toMatchObject({ status: 404, body: { error: { code: 'no_model' } } })
  await train(server)
  const first = await fetched(path)
  expect(first.status).toBe(200)
  expect(first.headers.get('content-type')).toBe('application/zip')
  expect(first.headers.get('ajar-model')).toBe(`${CAMERA}@1`)
  expect(first.headers.get('content-disposition')).toBe(`attachment; filename="${CAMERA.replace('/', '-')}-1.zip"`)
  expect(first.bytes.equals((await download(server, `${CAMERA}@1`)).zip)).toBe(true)
  const files = await unzipped(first.bytes)
  const manifest = files.get('manifest.json') ?? new Uint8Array()
  const sum = first.headers.get('ajar-model-sha256') ?? ''
  expect(sum).toBe(sha256(manifest))
  expect(first.headers.get('etag')).toBe(`"${sum}"`)
  const sums = JSON.parse(Buffer.from(manifest).toString()).files
  for (const [name, bytes] of files) if (name !== 'manifest.json') expect(sums[name]).toBe(sha256(bytes))
  for (const known of [`"${sum}"`, `"other", W/"${sum}"`, '*']) {
    const again = await fetched(path, { 'if-none-match': known })
    expect([again.status, again.bytes.length]).toEqual([304, 0])
    expect(again.headers.get('ajar-model-sha256')).toBe(sum)
  }
  expect((await fetched(path, { 'if-none-match': '"other"' })).status).toBe(200)
  await train(server)
  const newer = await fetched(path, { 'if-none-match': `"${sum}"` })
  const active = (await server.call('GET', `/api/cameras/${CAMERA}`)).body.model
  expect(newer.headers.get('ajar-model')).toBe(active)
  expect(newer.status).toBe(active === `${CAMERA}@1` ? 304 : 200)
})

test('a camera is no sensor, and what is not there has no model', async () => {
  expect((await fetched(`/api/sensors/${CAMERA}/model`)).status).toBe(404)
  expect((await fetched('/api/sensors/nobody/nothing/model')).status).toBe(404)
})
