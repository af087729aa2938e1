import { existsSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { homeAt } from '@ajar/redeploy'
import { Watchdog } from '@ajar/watchdog'
import { expect, onTestFinished, test } from 'vitest'
import { Redeploying } from '../src/releases/redeploying.ts'
import { listenForRequests } from '../src/releases/request-socket.ts'
import { folder, homeIn, link, release } from './release-home.ts'

const ASKING = join(import.meta.dirname, 'asking.ts')
const SERVER = 'server/src/main.ts'
/** Says which it is, and is ready. */
const NAMED = (name: string) =>
  `process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
  console.log('runs: ${name}')
  process.send({ ready: true })
  setInterval(() => process.send({ heartbeat: true }), 100)`

/** A watchdog with a server of `current`, and requests taken for a redeployer that only asks. */
async function redeploying(dataDir = folder()) {
  const home = homeIn(dataDir)
  for (const id of ['server-1', 'server-2']) release(home, id, { [SERVER]: NAMED(id) })
  link(home.current, 'server-1')
  const lines: string[] = []
  const watchdog = new Watchdog({
    dataDir,
    onLine: (_, line) => lines.push(line),
    onMachineLine: () => {},
    onExit: () => {},
    onGivenUp: () => {},
  })
  const system = new Redeploying({
    watchdog,
    dataDir,
    serverUrl: () => 'http://127.0.0.1:4711',
    say: (line) => lines.push(line),
    redeployer: () => ({ program: process.execPath, args: [ASKING] }),
    fingerprint: async () => 'as it was',
  })
  onTestFinished(async () => {
    system.close()
    await watchdog.stop()
  })
  await watchdog.start([{ name: 'server', command: () => system.runs.command(SERVER) }])
  await system.start()
  await until(() => watchdog.liveness('server')?.state === 'running')
  return { home, lines, watchdog, system }
}

async function until(look: () => unknown) {
  while (!look()) await new Promise((wait) => setTimeout(wait, 20))
}

async function ask(path: string, question: object): Promise<unknown> {
  const socket = connect(path)
  socket.write(`${JSON.stringify(question)}\n`)
  return JSON.parse(await text(socket))
}

test('a redeployer is started for a request, asks where the server is and how it does, and has it restarted', async () => {
  const { home, lines, watchdog } = await redeploying()
  expect(lines).toEqual(['runs: server-1'])
  const url = await ask(home.socket, { call: 'serverUrl' })
  expect(url).toEqual({ id: 7, value: 'http://127.0.0.1:4711' })
  expect(lines).toContain(`home ${home.folder}, data ${join(home.folder, '..')}`)
  const { pid } = watchdog.liveness('server') ?? {}
  expect(await ask(home.socket, { call: 'serverProcess' })).toEqual({
    id: 7,
    value: { pid, crashes: 0, state: 'running' },
  })
  const printed = (but: number | null) =>
    ask(home.socket, { call: 'serverLines', span: { from: 0, to: Number.MAX_SAFE_INTEGER, but } })
  expect(await printed(null)).toEqual({ id: 7, value: ['runs: server-1'] })
  expect(await printed(pid ?? null)).toEqual({ id: 7, value: [] })
  expect(await ask(home.socket, { call: 'serverLines', span: { from: 0, to: 1, but: null } })).toEqual({
    id: 7,
    value: [],
  })

  link(home.current, 'server-2')
  expect(await ask(home.socket, { call: 'restart', force: false })).toEqual({ id: 7, value: null })
  await until(() => lines.includes('runs: server-2') && watchdog.liveness('server')?.state === 'running')
  expect(watchdog.liveness('server')?.crashes).toBe(0)
  await until(() => existsSync(join(home.folder, 'checkout.json')))

  expect(await ask(home.socket, { call: 'constructor' })).toEqual({
    id: 7,
    error: 'constructor is nothing that this watchdog knows',
  })
})

test('what was cut short starts the redeployer without a request', async () => {
  const dataDir = folder()
  const { pending } = homeAt(join(dataDir, 'deploy'))
  mkdirSync(join(pending, '..'), { recursive: true })
  writeFileSync(pending, '{}')
  const { lines } = await redeploying(dataDir)
  await until(() => lines.some((line) => line.startsWith('home ')))
})

test('a path that is too long for a socket is listened at, for this user alone, also where one was left there', async () => {
  const path = join(folder(), 'a'.repeat(100), 'redeploy', 'socket')
  const listen = () => listenForRequests(path, (connection) => void connection.end('"taken"'))
  const first = await listen()
  expect(statSync(path).mode & 0o777).toBe(0o600)
  const second = await listen() // as after a kill: the first is still there, and is not asked
  onTestFinished(() => second.close())
  const held = openSync(join(path, '..'), 'r')
  expect(await ask(`/proc/self/fd/${held}/socket`, {})).toBe('taken')
  first.close()
})

test('where nothing can listen that is said, and what runs goes on', async () => {
  const dataDir = folder()
  const { socket } = homeAt(join(dataDir, 'deploy'))
  mkdirSync(join(socket, 'in-the-way'), { recursive: true })
  const { lines, watchdog } = await redeploying(dataDir)
  expect(lines.join('\n')).toMatch(/^No redeploys: nothing can listen at .*socket/m)
  expect(watchdog.liveness('server')?.state).toBe('running')
})
