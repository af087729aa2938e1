import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { until } from './running-server.ts'
import { type SomeTasks, sh, startTasks } from './some-task-runs.ts'

/** Notes that it begins, and waits until the test lets it go. */
const HOLD = (folder: string) =>
  sh(`echo x >> ${folder}/.begun; while [ ! -e ${folder}/.go ]; do sleep 0.05; done; value=1`)

async function startHeld() {
  const tasks = await startTasks()
  const { write, call, tasksDir } = tasks
  write('hold', HOLD(tasksDir))
  write('fine', sh('value=1'))
  const begun = () => {
    try {
      return readFileSync(join(tasksDir, '.begun'), 'utf8').trim().split('\n').length
    } catch {
      return 0
    }
  }
  const hold = async (): Promise<string> => (await call('hold')).body.id
  return { ...tasks, begun, hold, go: () => writeFileSync(join(tasksDir, '.go'), '') }
}

/** Processes by what stands in their command line, with their parents. */
function processes(text: string | RegExp): { pid: number; parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        if (readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').search(text) < 0) return []
        const [, parent = 0] = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /, '')
          .split(' ')
        return [{ pid: Number(name), parent: Number(parent) }]
      } catch {
        return []
      }
    })
}

/** Workers of this server, and the processes of their tasks, from sources or from a bundle of them. */
const workers = () => processes('src/worker.ts').filter(({ parent }) => parent === process.pid)
const ofTasks = () =>
  processes(/worker-task\.(ts|mjs) task/).filter(({ parent }) => workers().some(({ pid }) => pid === parent))

/** Nothing of any run is left but what came of it. */
async function untilClean({ laboratory, tasksDir }: Pick<SomeTasks, 'laboratory' | 'tasksDir'>) {
  await until(() => processes(join(tasksDir, 'hold')).length === 0)
  await until(() => laboratory('scratch').length === 0)
}

test('the process of a task is killed, then its worker: the task runs again, once each time, and nothing is left', {
  timeout: 60_000,
}, async () => {
  const held = await startHeld()
  const { hold, begun, go, ended, server, laboratory, tasksDir } = held
  const job = await hold()
  const kill = async (find: () => { pid: number }[], attempts: number) => {
    await until(() => begun() === attempts)
    const [one] = find()
    expect(find()).toHaveLength(1)
    process.kill(one?.pid ?? 0, 'SIGKILL')
    await until(() => processes(join(tasksDir, 'hold')).length === 0 || begun() > attempts)
  }
  await kill(ofTasks, 1)
  await kill(workers, 2)
  await until(() => begun() === 3)
  const beginnings = processes(join(tasksDir, 'hold')).length
  go()
  expect(await ended(job)).toMatchObject({ state: 'done', result: { value: 1 }, error: null })
  expect(beginnings).toBeGreaterThan(0)
  expect(begun()).toBe(3)
  // A run is done a moment before its job is.
  const done = await until(async () => {
    const { body } = await server.call('GET', `/api/jobs/${job}`)
    return body.state === 'done' && body
  })
  expect(done.attempt).toBe(3)
  expect(laboratory('results')).toHaveLength(1)
  await untilClean(held)
})

test('cancelled, a run is gone at once with all that it started, and so is one that waits', {
  timeout: 60_000,
}, async () => {
  const held = await startHeld()
  const { hold, begun, ended, server, call, token, runOf } = held
  const jobs = [await hold(), await hold(), await hold()]
  await until(() => begun() > 0)
  for (const job of jobs) {
    const { status, body } = await server.call('DELETE', `/api/task-runs/${job}`)
    expect({ status, job: body.job }).toEqual({ status: 200, job })
  }
  for (const job of jobs)
    expect(await ended(job)).toMatchObject({ state: 'cancelled', error: { code: 'cancelled' }, result: null })
  await untilClean(held)
  const { body } = await call('fine')
  expect(await ended(body.id)).toMatchObject({ state: 'done' })
  // Its job may be ended as any other.
  const last = await hold()
  await server.call('DELETE', `/api/jobs/${last}`, undefined, await token('otto', 'operator'))
  expect(await ended(last)).toMatchObject({ state: 'cancelled' })
  expect((await server.call('DELETE', `/api/task-runs/${last}`)).status).toBe(204)
  expect(await runOf(last)).toMatchObject({ error: { code: 'not_found' } })
  await untilClean(held)
})
