import { once } from 'node:events'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Followers } from '../src/logging/followers.ts'
import { RecentLines } from '../src/logging/recent-lines.ts'
import { until } from './running-server.ts'

const LINES = 8000

test('who reads too slowly misses lines, is told how many, and costs no memory', async () => {
  const recent = new RecentLines()
  const followers = new Followers(recent)
  let unread = () => 0
  const server = createServer((request, response) => {
    unread = () => response.writableLength
    const asked = { headers: request.headers, caller: null }
    followers.follow(asked as never, { hijack() {}, raw: response } as never, {}, 10)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const request = get({ port: (server.address() as AddressInfo).port })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.pause()

  const json = JSON.stringify({ time: new Date(0).toISOString(), msg: 'x'.repeat(4000) })
  const add = () =>
    recent.add({ atMs: 0, level: 'info', component: 'http', frame: null, camera: null, job: null, json })
  for (let i = 0; i < LINES; i++) {
    add()
    if (i % 100 === 0) await new Promise(setImmediate)
  }
  expect(unread()).toBeLessThan(2 * 1024 * 1024)

  let text = ''
  response.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  response.resume()
  add()
  const missed = () =>
    [...text.matchAll(/^event: gap\ndata: \{"lines":(\d+)\}/gm)].reduce((sum, [, lines]) => sum + Number(lines), 0)
  const heard = () => [...text.matchAll(/^event: line$/gm)].length
  await until(() => heard() + missed() === LINES + 1)
  expect(missed()).toBeGreaterThan(0)
})
