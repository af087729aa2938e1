import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { linkSync, mkdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { Request } from '../../src/requests/request.ts'
import { Machine } from '../machine/machine.ts'

vi.setConfig({ testTimeout: 120_000 })

/** A machine whose redeployer has the socket handed over, as systemd does. */
async function serving() {
  const machine = await Machine.start()
  onTestFinished(() => machine.close())
  await machine.ready()
  machine.addRelease('b')
  const serve = async () => {
    const { server, fd } = await listening(machine.home.socket)
    let child: ChildProcess | undefined
    const onStart = (started: ChildProcess) => {
      child = started
    }
    const ended = machine.redeployer('serve', { socket: fd, onStart })
    server.close() // the child has it too, and is the only one that takes connections
    return { ended, kill: () => child?.kill('SIGKILL') }
  }
  return { machine, serve }
}

async function listening(path: string) {
  mkdirSync(dirname(path), { recursive: true })
  rmSync(path, { force: true })
  const server = createServer().listen(`${path}.first`)
  await once(server, 'listening')
  // Node removes the name that it has given when it closes; this one stays.
  linkSync(`${path}.first`, path)
  // Node tells the descriptor of a server's socket in no other way.
  const { fd } = (server as Server & { _handle: { fd: number } })._handle
  return { server, fd }
}

const REQUEST: Request = { v: 1, job: 'job-1', ref: 'b', release: null, force: false, by: 'test' }

async function send(path: string, line: string): Promise<unknown> {
  const socket = connect(path)
  socket.end(`${line}\n`)
  const answer = await text(socket)
  return answer === '' ? null : JSON.parse(answer)
}

async function until(isSo: () => boolean) {
  while (!isSo()) await delay(50)
}

test('a request by the socket is done; a second one is refused, the same one is not; then the process ends by itself', async () => {
  const { machine, serve } = await serving()
  const { ended } = await serve()
  const { socket } = machine.home
  expect(await send(socket, JSON.stringify(REQUEST))).toEqual({ accepted: true })
  expect(await send(socket, JSON.stringify({ ...REQUEST, job: 'job-2' }))).toMatchObject({ refused: { code: 'busy' } })
  expect(await send(socket, JSON.stringify(REQUEST))).toEqual({ accepted: true })
  await until(() => machine.run('job-1')?.state === 'kept')
  expect(machine.run('job-2')).toBeNull()
  expect((await ended).code).toBe(0)
})

test('what is no request is refused', async () => {
  const { machine, serve } = await serving()
  const { ended } = await serve()
  const path = JSON.stringify({ ...REQUEST, job: '../x' })
  for (const line of ['', 'null', '[]', '{"v":1', '{"v":2,"job":"x"}', path]) {
    expect(await send(machine.home.socket, line)).toMatchObject({ refused: { code: 'bad_request' } })
  }
  await ended
})

test('a line without an end is not read for ever', async () => {
  const { machine, serve } = await serving()
  const { ended } = await serve()
  expect(await send(machine.home.socket, 'x'.repeat(1e6)).catch(() => null)).toBeNull()
  await ended
})

test('lines that come byte by byte keep nobody out, and do not keep the process', async () => {
  const { machine, serve } = await serving()
  const { ended } = await serve()
  const { socket } = machine.home
  const slow = Array.from({ length: 30 }, () => connect(socket).on('error', () => {}))
  const drip = setInterval(() => {
    for (const one of slow) one.write('{')
  }, 300)
  onTestFinished(() => clearInterval(drip))
  await Promise.all(slow.map((one) => new Promise((resolve) => one.on('close', resolve))))
  expect(await send(socket, JSON.stringify(REQUEST))).toEqual({ accepted: true })
  expect((await ended).code).toBe(0)
})

test('killed while it is on trial, the next start goes on with it, and refuses others meanwhile', async () => {
  const { machine, serve } = await serving()
  const first = await serve()
  await send(machine.home.socket, JSON.stringify(REQUEST))
  await until(() => machine.run('job-1')?.step === 'trial')
  first.kill()
  await first.ended
  const second = await serve()
  const answer = await send(machine.home.socket, JSON.stringify({ ...REQUEST, job: 'job-2' }))
  expect(answer).toMatchObject({ refused: { code: 'busy' } })
  await until(() => machine.run('job-1')?.state === 'kept')
  await second.ended
})
