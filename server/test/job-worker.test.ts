import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { workerHealth } from '../src/jobs/worker/open-workers.ts'
import { OwnWorker } from '../src/jobs/worker/own-worker.ts'
import { Workers } from '../src/jobs/worker/workers.ts'
import { createLog, Logging } from '../src/logging/logging.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ENTRY = new URL('./worker-process.ts', import.meta.url)

interface Asked {
  params?: object
  inputs?: unknown[]
  limitMs?: number
  signal?: AbortSignal
  onMessage?(message: { pid: number }): void
}

/** The server's end, in a data folder of its own. */
async function open({ own = false, dataDir }: { own?: boolean; dataDir?: string } = {}) {
  const folder = dataDir ?? (await temporaryFolder(onTestFinished))
  const workers = new Workers({
    dataDir: folder,
    own: own ? { entry: ENTRY, environment: { AJAR_DATA_DIR: folder } } : null,
    log: createLog('silent'),
    onConnected: () => {},
    onLine: () => {},
  })
  await workers.start()
  onTestFinished(() => workers.close())
  const perform = (task: string, { params = {}, inputs = [], limitMs = 60_000, signal, onMessage }: Asked = {}) =>
    workers.perform(
      {
        task,
        params,
        limitMs,
        inputs: (async function* () {
          yield* inputs
        })(),
        onMessage: (message) => onMessage?.(message as { pid: number }),
      },
      signal ?? new AbortController().signal,
    )
  return { workers, perform, dataDir: folder }
}

/** A worker that somebody else starts. */
function startWorker(dataDir: string): ChildProcess {
  const child = spawn(process.execPath, [ENTRY.pathname], {
    env: { ...process.env, AJAR_DATA_DIR: dataDir },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return child
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

test('inputs go one by one to a process of their own, and its answer comes back, typed arrays and all', async () => {
  const { workers, perform, dataDir } = await open()
  const worker = startWorker(dataDir)
  await until(() => workers.ready)
  expect(workers.list()).toEqual([{ pid: worker.pid, startedAtMs: expect.any(Number) }])
  // More than the streams between them hold.
  const inputs = Array.from({ length: 30 }, (_, i) => ({ i, features: new Float32Array(10_000).fill(i) }))
  const pids: number[] = []
  const answer = await perform('echo', { params: { a: 1 }, inputs, onMessage: ({ pid }) => pids.push(pid) })
  expect(answer).toEqual({ params: { a: 1 }, taken: inputs })
  await until(() => isGone(pids[0] ?? 0))
  expect(pids).not.toContain(worker.pid)
  await expect(perform('refuse')).rejects.toMatchObject({ code: 'no_door', message: 'no door in sight' })
  // Perhaps no memory was left: nobody's work is at fault for that, and it can be done again.
  await expect(perform('crash')).rejects.toMatchObject({
    code: 'crashed',
    fault: 'environment',
    message: expect.stringMatching('SIGKILL'),
  })
  await expect(perform('end')).rejects.toMatchObject({
    code: 'crashed',
    fault: undefined,
    message: expect.stringMatching(/ended \(3\)/),
  })
})

test('cancelled or out of time, the process of the task is gone and the worker takes the next one', async () => {
  const { workers, perform, dataDir } = await open()
  startWorker(dataDir)
  await until(() => workers.ready)
  const cancel = new AbortController()
  const pids: number[] = []
  const cancelled = perform('endless', {
    signal: cancel.signal,
    onMessage({ pid }) {
      pids.push(pid)
      cancel.abort()
    },
  })
  await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' })
  await expect(perform('endless', { limitMs: 300 })).rejects.toMatchObject({ code: 'timeout' })
  await expect(perform('echo', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' })
  expect(await perform('echo')).toMatchObject({ taken: [] })
  await until(() => isGone(pids[0] ?? 0))
})

test('an own worker that falls silent is killed', async () => {
  const entry = join(await temporaryFolder(onTestFinished), 'silent.mjs')
  writeFileSync(entry, 'process.send({ heartbeat: true }); setInterval(() => {}, 1000)')
  const own = new OwnWorker({ entry: pathToFileURL(entry), environment: {} }, 10)
  onTestFinished(() => own.close())
  expect(await new Promise((resolve) => own.start(resolve))).toBe('SIGKILL')
})

test('what a task prints stands in the log with its job, as far as it is bearable', async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const file = { path: '', maxBytes: 0, enabled: false }
  const logging = new Logging({ level: 'debug', file, print: () => {} })
  const log = logging.of('worker')
  const jobLines: string[] = []
  const onLine = (job: string, level: string, text: string) => void jobLines.push(`${job} ${level}: ${text}`)
  const workers = new Workers({ dataDir, own: null, log, onConnected: () => {}, onLine })
  await workers.start()
  onTestFinished(() => workers.close())
  startWorker(dataDir)
  await until(() => workers.ready)
  const inputs = (async function* () {})()
  const work = { task: 'print', job: 'job-1', params: {}, inputs, limitMs: 60_000, onMessage: () => {} }
  await expect(workers.perform(work, new AbortController().signal)).rejects.toThrow('it fails')
  const said = () => logging.recent.newest({ job: 'job-1', component: 'worker' }, 2000)
  await until(() => said().some(({ json }) => json.includes('is not kept')))
  const lines = said().map(({ level, json }) => `${level}: ${JSON.parse(json).msg}`)
  expect(lines).toEqual(expect.arrayContaining(['info: on the way', 'warn: no door']))
  expect(lines.length).toBeLessThan(600)
  expect(jobLines).toEqual(expect.arrayContaining(['job-1 info: on the way', 'job-1 warn: no door']))
  expect(jobLines).toHaveLength(lines.length)
  expect(logging.recent.newest({ text: 'connected to the server' }, 1)).toMatchObject([{ component: 'worker' }])
})

test('an input that cannot be read ends the work', async () => {
  const { workers, dataDir } = await open()
  startWorker(dataDir)
  await until(() => workers.ready)
  const inputs = (async function* () {
    yield 1
    throw new Error('the disk refuses')
  })()
  const work = { task: 'echo', params: {}, inputs, limitMs: 60_000, onMessage: () => {} }
  await expect(workers.perform(work, new AbortController().signal)).rejects.toThrow('the disk refuses')
})

test('a worker that is killed loses what it was at, and leaves no process behind; a spare one takes over', async () => {
  const { workers, perform, dataDir } = await open()
  const first = startWorker(dataDir)
  await until(() => workers.ready)
  const second = startWorker(dataDir)
  await until(() => workers.list().length === 2)
  const pids: number[] = []
  const lost = perform('endless', {
    onMessage({ pid }) {
      pids.push(pid)
      first.kill('SIGKILL')
    },
  })
  await expect(lost).rejects.toMatchObject({ code: 'worker_lost', inOrder: false })
  await until(() => isGone(pids[0] ?? 0))
  expect(await perform('echo', { inputs: [1, 2] })).toMatchObject({ taken: [1, 2] })
  expect(workers.list().map(({ pid }) => pid)).toEqual([second.pid])
  // In order, it says so: what it was at is done again as if it had never begun.
  const left = perform('endless', { onMessage: () => void workers.leave() })
  await expect(left).rejects.toMatchObject({ code: 'worker_lost', inOrder: true })
  await until(() => second.exitCode === 0)
  expect(workers.ready).toBe(false)
  await expect(perform('echo')).rejects.toMatchObject({ code: 'worker_lost' })
})

test('more than a few workers are sent away, and come back when there is room', async () => {
  const { workers, dataDir } = await open()
  const children = Array.from({ length: 5 }, () => startWorker(dataDir))
  await until(() => workers.list().length === 4)
  const [busy] = workers.list()
  children.find(({ pid }) => pid === busy?.pid)?.kill('SIGKILL')
  await until(() => workers.list().length === 4 && !workers.list().some(({ pid }) => pid === busy?.pid))
})

test('a worker finds its server again', async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const worker = startWorker(dataDir)
  const first = await open({ dataDir })
  await until(() => first.workers.ready)
  await first.workers.close()
  const second = await open({ dataDir })
  await until(() => second.workers.ready)
  expect(second.workers.list()).toEqual([{ pid: worker.pid, startedAtMs: expect.any(Number) }])
  expect(await second.perform('echo')).toMatchObject({ taken: [] })
})

test('garbage on the socket is sent away, and work goes on', async () => {
  const { workers, perform, dataDir } = await open()
  startWorker(dataDir)
  await until(() => workers.ready)
  const working = perform('echo', { inputs: [1] })
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([2, 0, 0, 0, 7, 7]), Buffer.alloc(64)]) {
    const socket = createConnection(join(dataDir, 'run', 'worker.sock'))
    socket.on('error', () => {})
    socket.write(bytes)
    await once(socket.resume(), 'close')
  }
  expect(await working).toMatchObject({ taken: [1] })
  expect(workers.list()).toHaveLength(1)
})

test('nobody else reaches the socket, and one that a killed server left makes way', async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  mkdirSync(join(dataDir, 'run'), { mode: 0o755 })
  writeFileSync(join(dataDir, 'run', 'worker.sock'), '')
  const { workers } = await open({ dataDir })
  const mode = (path: string) => statSync(path).mode & 0o777
  expect([mode(join(dataDir, 'run')), mode(join(dataDir, 'run', 'worker.sock'))]).toEqual([0o700, 0o600])
  startWorker(dataDir)
  await until(() => workers.ready)
})

test('a data folder whose path is too long for a socket works as well', async () => {
  const dataDir = join(await temporaryFolder(onTestFinished), 'a'.repeat(80), 'b'.repeat(80))
  mkdirSync(dataDir, { recursive: true })
  const { workers, perform } = await open({ dataDir })
  startWorker(dataDir)
  await until(() => workers.ready)
  expect(statSync(join(dataDir, 'run', 'worker.sock')).isSocket()).toBe(true)
  expect(await perform('echo')).toMatchObject({ taken: [] })
})

test('a worker of its own is started when it is needed, again when it was killed, and ends with its server', async () => {
  const { workers, perform } = await open({ own: true })
  expect(workers.list()).toEqual([])
  expect(workers.ready).toBe(true)
  expect(await perform('echo')).toMatchObject({ taken: [] })
  const [first] = workers.list()
  const killed = perform('endless', { onMessage: () => process.kill(first?.pid ?? 0, 'SIGKILL') })
  await expect(killed).rejects.toMatchObject({ code: 'worker_lost' })
  expect(await perform('echo')).toMatchObject({ taken: [] })
  expect(workers.leave()).toBe(1)
  expect(await perform('echo')).toMatchObject({ taken: [] })
  const [second] = workers.list()
  expect(second?.pid).not.toBe(first?.pid)
  await workers.close()
  expect(isGone(second?.pid ?? 0)).toBe(true)
})

test('several workers work side by side, each at one task; more tasks wait for the first that is idle', async () => {
  const { workers, perform, dataDir } = await open()
  startWorker(dataDir)
  startWorker(dataDir)
  await until(() => workers.list().length === 2)
  expect(workers.count).toBe(2)
  const cancels = [new AbortController(), new AbortController()]
  const pids: number[] = []
  const endless = cancels.map(({ signal }) => perform('endless', { signal, onMessage: ({ pid }) => pids.push(pid) }))
  await until(() => pids.length === 2)
  // Who is not waited for any more waits for nobody.
  const impatient = new AbortController()
  const given = perform('echo', { signal: impatient.signal })
  const third = perform('echo', { inputs: [3], onMessage: ({ pid }) => pids.push(pid) })
  impatient.abort()
  await expect(given).rejects.toMatchObject({ code: 'cancelled' })
  expect(pids).toHaveLength(2)
  cancels[1]?.abort()
  await expect(endless[1]).rejects.toMatchObject({ code: 'cancelled' })
  expect(await third).toMatchObject({ taken: [3] })
  cancels[0]?.abort()
  await expect(endless[0]).rejects.toMatchObject({ code: 'cancelled' })
})

test('what waits for a worker is told when the last one goes', async () => {
  const { workers, perform, dataDir } = await open()
  const worker = startWorker(dataDir)
  await until(() => workers.ready)
  const begun = Promise.withResolvers<void>()
  const lost = perform('endless', { onMessage: () => begun.resolve() })
  await begun.promise
  const both = Promise.allSettled([lost, perform('echo')])
  worker.kill('SIGKILL')
  const isLost = { status: 'rejected', reason: { code: 'worker_lost' } }
  expect(await both).toMatchObject([isLost, isLost])
})

test('a second worker of its own runs only while the first is busy; each that dies is replaced', async () => {
  const { workers, perform } = await open({ own: true })
  expect(workers.count).toBe(2)
  await perform('echo')
  await perform('echo')
  expect(workers.list()).toHaveLength(1)
  const cancel = new AbortController()
  const begun = Promise.withResolvers<void>()
  const busy = perform('endless', { signal: cancel.signal, onMessage: () => begun.resolve() })
  await begun.promise
  expect(await perform('echo', { inputs: [1] })).toMatchObject({ taken: [1] })
  const [first, second] = workers.list()
  expect(second?.pid).toBeGreaterThan(0)
  process.kill(second?.pid ?? 0, 'SIGKILL')
  await until(() => workers.list().length === 1)
  expect(await perform('echo', { inputs: [2] })).toMatchObject({ taken: [2] })
  expect(workers.list()[0]).toEqual(first)
  const waiting = [perform('echo', { inputs: [3] }), perform('echo', { inputs: [4] })]
  expect(await Promise.all(waiting)).toMatchObject([{ taken: [3] }, { taken: [4] }])
  expect(workers.list()).toHaveLength(2)
  cancel.abort()
  await expect(busy).rejects.toMatchObject({ code: 'cancelled' })
})

test('a worker of its own that does not stop is killed, and the next work has a new one', async () => {
  const { workers, perform } = await open({ own: true })
  const cancel = new AbortController()
  const stuck = perform('endless', {
    signal: cancel.signal,
    onMessage() {
      process.kill(workers.list()[0]?.pid ?? 0, 'SIGSTOP')
      cancel.abort()
    },
  })
  const pid = await until(() => workers.list()[0]?.pid)
  await expect(stuck).rejects.toMatchObject({ code: 'cancelled' })
  await until(() => isGone(pid))
  expect(await perform('echo')).toMatchObject({ taken: [] })
})

test('health says what to do when a job waits long for a worker', () => {
  const connected = { ready: true, list: () => [{ pid: 7, startedAtMs: 0 }] }
  const none = { ready: false, list: () => [] }
  expect(workerHealth(connected, 0)).toMatchObject({ level: 'ok', text: 'connected (process 7)' })
  expect(workerHealth(none, 59_000)).toMatchObject({ level: 'ok' })
  expect(workerHealth(none, 60_000)).toMatchObject({ level: 'warn', text: expect.stringContaining('AJAR_WORKER=own') })
})
