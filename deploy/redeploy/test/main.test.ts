import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { homeAt } from '../src/home/home.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const REQUEST = { v: 1, job: 'job-1', ref: null, release: null, force: false, by: 'test' }

/** `main.ts serve` as the watchdog runs it: leader of a group, with an IPC channel. */
function serving() {
  const folder = mkdtempSync(join(tmpdir(), 'ajar-main-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const child = spawn(process.execPath, ['--no-warnings', MAIN, 'serve'], {
    env: { PATH: process.env.PATH, AJAR_DEPLOY_DIR: folder, AJAR_DATA_DIR: join(folder, 'data') },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, home: homeAt(folder), ended: once(child, 'exit') }
}

/** A connection: the end that is handed over, and the other one. */
async function connection(): Promise<{ handed: Socket; other: Socket }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const other = connect((server.address() as { port: number }).port, '127.0.0.1')
  const [handed] = await once(server, 'connection')
  server.close()
  return { handed, other }
}

test('as a child of the watchdog it answers what it is handed, from its first moment on, and ends when it is told to', async () => {
  const { child, home, ended } = serving()
  const { handed, other } = await connection()
  child.send('connection', handed)
  other.write(`${JSON.stringify(REQUEST)}\n`)
  expect(JSON.parse(await text(other))).toMatchObject({ refused: { code: 'no_remote' } })
  expect(existsSync(home.lock)).toBe(true)
  child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})

test('without the watchdog nothing is left of it', async () => {
  const { child, home, ended } = serving()
  while (!existsSync(home.lock)) await new Promise((resolve) => setTimeout(resolve, 20))
  child.disconnect()
  expect(await ended).toEqual([null, 'SIGKILL'])
})
