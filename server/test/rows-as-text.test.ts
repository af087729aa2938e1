import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { FewAtOnce } from '../src/http/few-at-once.ts'
import { pagesAfter, sendRows } from '../src/observe/rows-as-text.ts'
import { until } from './running-server.ts'

/** Rows without an end, of which two readers at once may ask. */
async function endlessRows() {
  const read = { pages: 0 }
  const texts = new FewAtOnce(2, 'downloads')
  const http = fastify({ logger: false })
  const pages = () =>
    pagesAfter<number>(async () => {
      read.pages += 1
      await new Promise((resolve) => setImmediate(resolve))
      return Array.from({ length: 1000 }, (_, i) => i)
    })
  http.get('/rows', (_, reply) =>
    sendRows(reply, 'ndjson', texts, { name: 'rows', pages: pages(), shown: (n) => ({ n }), columns: {} }),
  )
  await http.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => http.close())
  const { port } = http.server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/rows`, port, read }
}

test('HEAD reads no rows: they would all be read, for nobody', async () => {
  const { url, read } = await endlessRows()
  const { status, headers } = await fetch(url, { method: 'HEAD' })
  expect([status, headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
  expect(read.pages).toBe(0)
})

test('of readers that do not read there are a few, and one that leaves makes room', async () => {
  const { url, port } = await endlessRows()
  const stalled = [0, 1].map(() => connect(port, '127.0.0.1').pause())
  for (const socket of stalled) socket.write('GET /rows HTTP/1.1\r\nhost: a\r\n\r\n')
  onTestFinished(() => stalled.forEach((socket) => void socket.destroy()))
  await Promise.all(stalled.map((socket) => once(socket, 'readable')))
  const refused = await fetch(url)
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'busy'])
  stalled[0]?.destroy()
  await until(async () => {
    const stop = new AbortController()
    const { status } = await fetch(url, { signal: stop.signal })
    stop.abort()
    return status === 200
  })
})
