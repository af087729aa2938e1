import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { Workers } from '../src/jobs/worker/workers.ts'
import { createLog } from '../src/logging/logging.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ENTRY = fileURLToPath(new URL('./worker-process.ts', import.meta.url))

interface Asked {
  how?: string
  job?: string
  lines?: string[]
  inputs?: string[]
  limitMs?: number
  signal?: AbortSignal
  onPid?(pid: number): void
}

/** A worker that somebody else starts, and the server's end of it. */
async function open(environment: Record<string, string> = {}) {
  const dataDir = await temporaryFolder(onTestFinished)
  /** What tasks printed, by job. */
  const printed = new Map<string, string[]>()
  const workers = new Workers({
    ...{ dataDir, own: null, log: createLog('silent'), onConnected: () => {} },
    onLine: (job, level, text) => void printed.set(job, [...(printed.get(job) ?? []), `${level} ${text}`]),
  })
  await workers.start()
  onTestFinished(() => workers.close())
  const child: ChildProcess = spawn(process.execPath, [ENTRY], {
    env: { ...process.env, AJAR_DATA_DIR: dataDir, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const ended = once(child, 'exit')
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  await until(() => workers.ready)
  /** @returns the process that did it */
  const perform = ({ how, lines, job = 'job', inputs = [], limitMs = 60_000, signal, onPid }: Asked = {}) =>
    workers.perform(
      {
        ...{ task: 'reused', job, params: { ...(how ? { how } : {}), ...(lines ? { lines } : {}) }, limitMs },
        inputs: (async function* () {
          yield* inputs
        })(),
        onMessage: (message) => onPid?.((message as { pid: number }).pid),
      },
      signal ?? new AbortController().signal,
    ) as Promise<number>
  const other = () =>
    workers.perform(
      { task: 'echo', params: {}, inputs: (async function* () {})(), limitMs: 60_000, onMessage: () => {} },
      new AbortController().signal,
    )
  return { workers, child, perform, other, printed }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

test('the process of a task does the next one, also after one that was refused, or another kind of task', async () => {
  const { perform, other } = await open()
  const pid = await perform({ inputs: ['a', 'b'] })
  expect(await perform()).toBe(pid)
  await expect(perform({ how: 'refuse' })).rejects.toMatchObject({ code: 'no_door', message: 'no door in sight' })
  await other()
  expect(await perform({ inputs: ['c'] })).toBe(pid)
})

test.for([
  ['fails as nobody thought of', 'fail', { code: 'internal' }],
  ['is killed', 'crash', { code: 'crashed', fault: 'environment' }],
  ['takes too long', 'hold', { code: 'timeout' }],
] as const)('one that %s ends its process, and the next task has a new one', async ([, how, error]) => {
  const { perform } = await open()
  const pid = await perform()
  await expect(perform({ how, limitMs: how === 'hold' ? 200 : 60_000 })).rejects.toMatchObject(error)
  await until(() => isGone(pid))
  expect(await perform()).not.toBe(pid)
})

test('one that is cancelled is gone at once, whichever it was of its process', async () => {
  const { perform } = await open()
  const pid = await perform()
  const cancel = new AbortController()
  const held = perform({ how: 'hold', signal: cancel.signal, onPid: () => cancel.abort() })
  await expect(held).rejects.toMatchObject({ code: 'cancelled' })
  await until(() => isGone(pid))
  expect(await perform()).not.toBe(pid)
})

test('a process that holds much memory, or had nothing to do for a while, ends', async () => {
  const { perform } = await open({ AJAR_TEST_IDLE_MS: '200' })
  const grown = await perform({ how: 'grow' })
  await until(() => isGone(grown))
  const idle = await perform()
  expect(idle).not.toBe(grown)
  await until(() => isGone(idle))
  expect(await perform()).not.toBe(idle)
})

test('a process that goes in the instant in which it is told to begin is replaced: the task is done, and once', async () => {
  const { perform } = await open()
  const pid = await perform()
  process.kill(pid, 'SIGSTOP')
  const pids: number[] = []
  const asked = perform({ inputs: ['x'], onPid: (one) => pids.push(one) })
  await new Promise((resolve) => setTimeout(resolve, 100)) // so that it was told to begin, if it ever is
  process.kill(pid, 'SIGKILL')
  expect(pids).toEqual([])
  expect(await asked).not.toBe(pid)
  expect(pids).toHaveLength(1)
  // Idle, it is not even told.
  const [second = 0] = pids
  process.kill(second, 'SIGKILL')
  await until(() => isGone(second))
  expect(await perform()).not.toBe(second)
})

test('cancelled before its process has begun with it, a task is not given to another one', async () => {
  const { perform } = await open()
  const pid = await perform()
  process.kill(pid, 'SIGSTOP')
  const cancel = new AbortController()
  const pids: number[] = []
  const asked = perform({ signal: cancel.signal, onPid: (one) => pids.push(one) })
  cancel.abort()
  await expect(asked).rejects.toMatchObject({ code: 'cancelled' })
  await until(() => isGone(pid))
  const next = await perform({ onPid: (one) => pids.push(one) })
  expect(pids).toEqual([next])
})

test('what tasks print stands with their own job, all of it, whatever they print and however soon the next one begins', async () => {
  const { perform, printed } = await open()
  const pids = new Set<number>()
  const linesOf = (job: string) => Array.from({ length: 20 }, (_, i) => `${job} line ${i}`)
  const jobs = Array.from({ length: 50 }, (_, i) => `job-${i}`)
  for (const job of jobs) pids.add(await perform({ job, lines: linesOf(job) }))
  expect(pids.size).toBe(1)
  for (const job of jobs)
    expect(printed.get(job)?.sort()).toEqual(
      [...linesOf(job).map((line) => `info ${line}`), ...linesOf(job).map((line) => `warn ${line}`)].sort(),
    )
  // Without end, as far as it is bearable; the next one has its own.
  await perform({ job: 'much', lines: Array.from({ length: 5000 }, (_, i) => `much ${i}`) })
  await perform({ job: 'after', lines: ['after'] })
  expect(printed.get('much')?.length).toBe(1002)
  expect(printed.get('after')?.sort()).toEqual(['info after', 'warn after'])
})

test('with its worker, or with the server, an idle process is gone', async () => {
  const first = await open()
  const pid = await first.perform()
  first.child.kill('SIGKILL')
  await until(() => isGone(pid))
  const second = await open()
  const other = await second.perform()
  await second.workers.close()
  await until(() => isGone(other))
  const third = await open()
  const last = await third.perform()
  expect(third.workers.leave()).toBe(1)
  await until(() => isGone(last) && third.child.exitCode === 0)
})
