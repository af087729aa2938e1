import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Errand, ErrandEntry } from '../src/index.ts'
import { FAULTY, faulty, folder, kennel, lives, TestClock, until } from './kennel.ts'

const WORKING = join(import.meta.dirname, 'working.ts')

function entry(args: string[] = [], more: Partial<ErrandEntry> = {}): ErrandEntry {
  const command = () => ({ program: process.execPath, args: [WORKING, ...args] })
  return { name: 'errand', command, scripts: [WORKING], stopLimitMs: 5000, onMessage: () => {}, ...more }
}

/** A port that hands every connection to the errand. @returns what answers to a word */
async function asked(errand: Errand): Promise<(word: string) => Promise<number>> {
  const server: Server = createServer({ pauseOnConnect: true }, (connection) => errand.work('connection', connection))
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  return async (word) => {
    const connection: Socket = dial(port, '127.0.0.1')
    connection.write(word)
    return Number(Buffer.concat(await connection.toArray()).toString())
  }
}

test('it runs only while there is work, and nobody is told of it', async () => {
  const dataDir = folder()
  const { watchdog, exits } = kennel(dataDir)
  await watchdog.start([])
  const errand = await watchdog.addErrand(entry())
  const ask = await asked(errand)
  expect(errand.pid).toBeNull()
  const first = await ask('work')
  expect(first).toBeGreaterThan(0)
  await until(() => errand.pid === null)
  expect(lives(first)).toBe(false)
  expect(existsSync(join(dataDir, 'run', 'errand.pid'))).toBe(false)
  expect(await ask('work')).not.toBe(first)
  expect([watchdog.status, exits]).toEqual([[], []])
})

test('no work is lost with one that just ends', async () => {
  const { watchdog } = kennel(folder())
  await watchdog.start([])
  const errand = await watchdog.addErrand(entry())
  const ask = await asked(errand)
  const pids: number[] = []
  // Asked again at once, a little later, and when it has ended.
  for (let i = 0; i < 24; i += 1) {
    pids.push(await ask('work'))
    await new Promise((wait) => setTimeout(wait, 2 * (i % 6)))
    if (i % 6 === 5) await until(() => errand.pid === null)
  }
  expect(pids.filter((pid) => pid === 0)).toEqual([])
  expect(new Set(pids).size).toBeGreaterThan(3)
})

test('after an end that is none of its own it is started again; after its own it is not', async () => {
  const clock = new TestClock()
  const { watchdog, exits } = kennel(folder(), { clock })
  await watchdog.start([])
  const errand = await watchdog.addErrand(entry())
  const ask = await asked(errand)
  expect(await ask('fail'), 'nobody answered').toBe(0)
  await until(() => exits.length === 1)
  expect(exits[0]).toMatchObject({ name: 'errand', exit: { code: 3, why: 'exit' }, pause: { ms: 0 } })
  clock.move(0)
  const again = await until(() => errand.pid)
  process.kill(again, 'SIGKILL')
  await until(() => exits.length === 2)
  expect(exits[1]).toMatchObject({ exit: { signal: 'SIGKILL' }, pause: { ms: 250 } })
  clock.move(250)
  await until(() => errand.pid)
  await ask('work')
  await until(() => errand.pid === null)
  clock.move(100_000)
  expect(errand.pid).toBeNull()
})

test('it may ask, and is answered', async () => {
  const { watchdog, lines } = kennel(folder())
  await watchdog.start([])
  const heard: unknown[] = []
  const errand: Errand = await watchdog.addErrand(
    entry(['ask'], { onMessage: (message) => heard.push(message) && errand.send({ heard: 'an answer' }) }),
  )
  expect(errand.send({ heard: 'by nobody' })).toBe(false)
  errand.run()
  await until(() => lines.includes('heard an answer'))
  expect(heard).toEqual([{ asks: 'for something' }])
})

test('it is ended first of all, and takes no work then', async () => {
  const { watchdog, status, lines } = kennel(folder())
  await watchdog.start([faulty('server', 'ready')])
  await until(() => status('server')?.state === 'running')
  const errand = await watchdog.addErrand(entry())
  const ask = await asked(errand)
  const pid = await ask('hang')
  await watchdog.stop()
  expect(lives(pid)).toBe(false)
  expect(lines.filter((line) => line.endsWith('asked to end'))).toEqual(['the errand was asked to end', 'asked to end'])
  expect(await ask('work')).toBe(0)
  expect(errand.pid).toBeNull()
})

test('what is restarted runs what it is then; by force it is not waited for; crashes are counted, restarts are not', async () => {
  const { watchdog, status, lines } = kennel(folder())
  let words = 'ready deaf'
  const command = () => ({ program: process.execPath, args: [FAULTY, words] })
  await watchdog.start([{ name: 'server', command, stopLimitMs: 600_000 }])
  const first = await until(() => watchdog.liveness('server')?.state === 'running' && status('server')?.pid)
  words = 'ready slow'
  watchdog.restart('server')
  expect(watchdog.liveness('server')).toMatchObject({ pid: first, state: 'stopping' })
  watchdog.restart('server', { force: true })
  await until(() => lines.includes('words: ready slow') && watchdog.liveness('server')?.state === 'running')
  expect(watchdog.liveness('server')).toEqual({ pid: status('server')?.pid, crashes: 0, state: 'running' })
  process.kill(status('server')?.pid ?? 0, 'SIGKILL')
  await until(() => watchdog.liveness('server')?.crashes === 1)
  expect(watchdog.liveness('nobody')).toBeNull()
})

test('one that failed is not said to have when another program is started in its place', async () => {
  const clock = new TestClock()
  const { watchdog, exits } = kennel(folder(), { clock })
  let words = 'never exit'
  const command = () => ({ program: process.execPath, args: [FAULTY, words] })
  await watchdog.start([{ name: 'server', command }])
  for (let i = 1; i <= 6; i += 1) {
    await until(() => exits.length === i)
    if (i < 6) clock.move(exits.at(-1)?.pause.ms ?? 0)
  }
  expect(watchdog.liveness('server')).toMatchObject({ state: 'failed', crashes: 6 })
  words = 'never'
  watchdog.restart('server')
  expect(watchdog.liveness('server')).toMatchObject({ state: 'starting', crashes: 0 })
})
