import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { programsWorkers } from '../src/jobs/worker/pool.ts'
import { Workers } from '../src/jobs/worker/workers.ts'
import { createLog } from '../src/logging/logging.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ENTRY = new URL('./own-process-worker.ts', import.meta.url)

/** The server's end, for programs. @param idleMs of a worker of its own */
async function open({ own = false, atOnce = 3, dataDir = '', socketDir = '', idleMs = 60_000 } = {}) {
  const folder = dataDir || (await temporaryFolder(onTestFinished))
  const workers = new Workers({
    dataDir: folder,
    pool: { ...programsWorkers(folder, socketDir, atOnce), connectionsEach: atOnce, idleMs },
    own: own ? { entry: ENTRY, environment: { AJAR_DATA_DIR: folder }, inherits: ['PATH'] } : null,
    log: createLog('silent'),
    onConnected: () => {},
    onLine: () => {},
  })
  await workers.start()
  onTestFinished(() => workers.close())
  const perform = (task: string, onMessage: (pid: number) => void = () => {}, signal?: AbortSignal) =>
    workers.perform(
      {
        ...{ task, params: { a: 1 }, limitMs: 60_000, inputs: (async function* () {})() },
        onMessage: (message) => onMessage((message as { pid: number }).pid),
      },
      signal ?? new AbortController().signal,
    )
  return { workers, perform, dataDir: folder }
}

function startWorker(environment: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [ENTRY.pathname], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return child
}

/** Begins so many that do not end by themselves. @returns when all of them run */
async function begin(perform: Awaited<ReturnType<typeof open>>['perform'], many: number) {
  const pids: number[] = []
  const ends = Array.from({ length: many }, () => new AbortController())
  const works = ends.map(({ signal }) => perform('endless', (pid) => pids.push(pid), signal))
  for (const work of works) work.catch(() => {})
  await until(() => pids.length === many)
  return { pids, ends, works }
}

test('one process does as many pieces of work at once as it is told, each for itself; more wait', async () => {
  const { workers, perform, dataDir } = await open({ atOnce: 3 })
  const worker = startWorker({ AJAR_DATA_DIR: dataDir })
  await until(() => workers.count === 3)
  const { pids, ends, works } = await begin(perform, 3)
  expect(new Set(pids)).toEqual(new Set([worker.pid]))
  expect(workers.list()).toEqual([{ pid: worker.pid, startedAtMs: expect.any(Number) }])
  expect(workers.count).toBe(3)
  const waiting = perform('echo')
  ends[1]?.abort()
  await expect(works[1]).rejects.toMatchObject({ code: 'cancelled' })
  expect(await waiting).toEqual({ a: 1 })
  await expect(perform('refuse')).rejects.toMatchObject({ code: 'no_door', fault: 'environment' })
  await expect(perform('what')).rejects.toThrow('not of the same release')
  for (const end of ends) end.abort()
  await Promise.allSettled(works)
})

test('who says too much at once fails by itself: its worker stays, with what else it is at', async () => {
  const { workers, perform, dataDir } = await open({ atOnce: 2 })
  const worker = startWorker({ AJAR_DATA_DIR: dataDir })
  await until(() => workers.count === 2)
  const { ends, works } = await begin(perform, 1)
  await expect(perform('flood')).rejects.toMatchObject({ code: 'bad_message' })
  expect(workers.count).toBe(2)
  const pids: number[] = []
  expect(await perform('echo', (told) => pids.push(told))).toEqual({ a: 1 })
  expect(pids).toEqual([worker.pid])
  for (const end of ends) end.abort()
  await Promise.allSettled(works)
})

test('of a killed process all work is lost, and whoever comes next has another one', async () => {
  const { workers, perform } = await open({ own: true })
  const { pids, works } = await begin(perform, 2)
  process.kill(pids[0] ?? 0, 'SIGKILL')
  for (const work of works)
    await expect(work).rejects.toMatchObject({ code: 'worker_lost', message: 'the programs worker ended' })
  let other = 0
  await perform('echo', (pid) => {
    other = pid
  })
  expect(other).not.toBe(pids[0])
  expect(workers.list().map(({ pid }) => pid)).toEqual([other])
})

test('what does not end when it is told to costs its own connection, and no other work', async () => {
  const { workers, perform } = await open({ own: true })
  const { ends, works } = await begin(perform, 1)
  const impatient = new AbortController()
  const deaf = perform('deaf', () => impatient.abort(), impatient.signal)
  await expect(deaf).rejects.toMatchObject({ code: 'cancelled' })
  expect(await perform('echo')).toEqual({ a: 1 })
  ends[0]?.abort()
  await expect(works[0]).rejects.toMatchObject({ code: 'cancelled' })
  expect(workers.list()).toHaveLength(1)
})

test('one that has nothing to do for a while ends; not as long as any of its connections is at something', async () => {
  const { workers, perform } = await open({ own: true, idleMs: 1 })
  const { pids, ends, works } = await begin(perform, 1)
  expect(await perform('echo')).toEqual({ a: 1 })
  expect(await perform('echo')).toEqual({ a: 1 })
  await new Promise((resolve) => setTimeout(resolve, 50)) // its idle time was over many times
  expect(workers.list().map(({ pid }) => pid)).toEqual(pids)
  ends[0]?.abort()
  await expect(works[0]).rejects.toMatchObject({ code: 'cancelled' })
  await until(() => workers.list().length === 0)
  expect(await perform('echo')).toEqual({ a: 1 })
})

test('told to leave, it gives up what it is at and says so', async () => {
  const { workers, perform, dataDir } = await open()
  const worker = startWorker({ AJAR_DATA_DIR: dataDir })
  await until(() => workers.count === 3)
  const { works } = await begin(perform, 2)
  workers.leave()
  for (const work of works) await expect(work).rejects.toMatchObject({ code: 'worker_lost', inOrder: true })
  await until(() => worker.exitCode === 0)
})

test('a worker finds a server again that wants fewer at once, and does as many then', async () => {
  const first = await open({ atOnce: 4 })
  const worker = startWorker({ AJAR_DATA_DIR: first.dataDir })
  await until(() => first.workers.count === 4)
  const lost = await begin(first.perform, 4)
  await first.workers.close()
  for (const work of lost.works) await expect(work).rejects.toMatchObject({ code: 'worker_lost' })
  const second = await open({ atOnce: 1, dataDir: first.dataDir })
  await until(() => second.workers.ready)
  expect(await second.perform('echo')).toEqual({ a: 1 })
  await until(() => second.workers.count === 1)
  expect(second.workers.list()).toEqual([{ pid: worker.pid, startedAtMs: expect.any(Number) }])
})

test("of the server's environment, where secrets stand, a worker of its own has what it needs", async () => {
  process.env.AJAR_TEST_SECRET = 'a secret'
  onTestFinished(() => void delete process.env.AJAR_TEST_SECRET)
  const { perform, dataDir } = await open({ own: true })
  const environment = (await perform('environment')) as Record<string, string>
  expect(
    Object.keys(environment)
      .filter((name) => !name.startsWith('NODE_'))
      .sort(),
  ).toEqual(['AJAR_DATA_DIR', 'PATH'])
  expect(environment.AJAR_DATA_DIR).toBe(dataDir)
})

test('in a folder that is shared, its group may connect, and the folder stays as it is', async () => {
  const socketDir = join(await temporaryFolder(onTestFinished), 'shared')
  mkdirSync(socketDir)
  chmodSync(socketDir, 0o750)
  const { workers } = await open({ socketDir })
  const mode = (path: string) => statSync(path).mode & 0o777
  expect([mode(socketDir), mode(join(socketDir, 'programs.sock'))]).toEqual([0o750, 0o660])
  startWorker({ AJAR_PROGRAMS_SOCKET_DIR: socketDir })
  await until(() => workers.ready)
})
