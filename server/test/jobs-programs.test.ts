import { expect, test } from 'vitest'
import type { JobContext } from '../src/jobs/jobs.ts'
import { JOB_KINDS } from '../src/jobs/kinds.ts'
import { until } from './running-server.ts'
import { kind, startJobs, stateOf } from './some-jobs.ts'

/** Jobs of the lane of programs, so many at once; each runs until it is ended. */
async function startWith(room: { atOnce: number }) {
  const running = new Map<string, () => void>()
  const begun: string[] = []
  const run = ({ id, params }: JobContext) => {
    begun.push(String(params.account))
    return new Promise<object>((resolve) => running.set(id, () => resolve({})))
  }
  const started = await startJobs(run, {
    kinds: [kind('program', 'programs', { isPassing: true }), kind('work', 'worker')],
    handlers: [
      { kind: 'program', run, atOnce: () => room.atOnce },
      { kind: 'work', run: async () => ({}) },
    ],
  })
  const ask = async (account: string) => {
    const job = await started.database.write
      .transaction()
      .execute((transaction) => started.jobs.add(transaction, 'program', null, { account }))
    started.jobs.wake()
    return job.id
  }
  const end = async (id: string) => {
    running.get(id)?.()
    await until(async () => (await stateOf(started.jobs, id)) === 'done')
  }
  return { ...started, ask, end, begun, runs: (id: string) => running.has(id) }
}

test('as many programs run at once as there is room for, and more as soon as there is more', async () => {
  const room = { atOnce: 0 }
  const { jobs, ask, end, runs } = await startWith(room)
  const ids = [await ask('a'), await ask('a'), await ask('a')]
  await jobs.create('work', null, {}) // the lanes have looked when it is done
  expect(ids.filter(runs)).toEqual([])
  room.atOnce = 2
  jobs.wake()
  await until(() => ids.filter(runs).length === 2)
  expect(await Promise.all(ids.map((id) => stateOf(jobs, id)))).toEqual(['running', 'running', 'queued'])
  await end(ids[0] ?? '')
  await until(() => runs(ids[2] ?? ''))
  for (const id of ids.slice(1)) await end(id)
})

test('who asks for many programs does not keep others from a single one', async () => {
  const { ask, end, begun, runs } = await startWith({ atOnce: 1 })
  const many: string[] = []
  for (let i = 0; i < 5; i++) many.push(await ask('a'))
  const single = await ask('b')
  await until(() => runs(many[0] ?? ''))
  await end(many[0] ?? '')
  await until(() => runs(single))
  expect(begun).toEqual(['a', 'b'])
  await end(single)
  for (const id of many.slice(1)) {
    await until(() => runs(id))
    await end(id)
  }
})

test('programs that wait keep no training from being asked for', async () => {
  const { database, jobs, ask } = await startWith({ atOnce: 0 })
  for (let i = 0; i < 100; i++) await ask('a')
  expect(await jobs.isFull(database.write, 'programs')).toBe(true)
  expect(await jobs.isFull(database.write)).toBe(false)
  await jobs.create('work', null, {})
})

test('a list of all jobs has no programs in it, however many there are; one of programs has', async () => {
  const { jobs, ask } = await startWith({ atOnce: 0 })
  const { id } = await jobs.create('work', null, {})
  const programs: string[] = []
  for (let i = 0; i < 3; i++) programs.unshift(await ask('a'))
  const ids = async (filter: object) => (await jobs.list({ limit: 2, ...filter })).map((job) => job.id)
  expect(await ids({})).toEqual([id])
  expect(await ids({ states: ['queued'] })).toEqual([])
  expect(await ids({ kind: 'program' })).toEqual(programs.slice(0, 2))
  expect(JOB_KINDS.filter(({ isPassing }) => isPassing).map(({ name }) => name)).toEqual(['program'])
})
