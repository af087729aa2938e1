import { expect, test } from 'vitest'
import type { JobContext } from '../src/jobs/jobs.ts'
import { hasRoom } from '../src/jobs/room.ts'
import { until } from './running-server.ts'
import { kind, startJobs, stateOf } from './some-jobs.ts'

/** Jobs for so many workers: `work` of the lane `worker`, `operation` of the laboratory. Each runs until it is ended. */
async function startWith(workers: { count: number }) {
  const running = new Map<string, () => void>()
  const run = ({ id }: JobContext) => new Promise<object>((resolve) => running.set(id, () => resolve({})))
  const started = await startJobs(run, {
    kinds: [kind('work', 'worker'), kind('operation', 'laboratory')],
    handlers: [
      { kind: 'work', run },
      { kind: 'operation', run },
    ],
    hasRoom: (lane, counts) => hasRoom(lane, counts, workers.count),
  })
  const end = async (id: string) => {
    running.get(id)?.()
    await until(async () => (await stateOf(started.jobs, id)) === 'done')
  }
  const ask = async (name: string, params = {}) => (await started.jobs.create(name, null, params)).id
  return { ...started, ask, end, runs: (id: string) => running.has(id) }
}

test('with two workers one is left to trainings, and operations go one after the other', async () => {
  const { jobs, ask, end, runs } = await startWith({ count: 2 })
  const [first, second] = [await ask('operation'), await ask('operation')]
  await until(() => runs(first))
  const training = await ask('work')
  await until(() => runs(training))
  expect(await stateOf(jobs, second)).toBe('queued')
  await end(first)
  await until(() => runs(second))
  await end(training)
  await end(second)
})

test('with three, two operations go on beside a training', async () => {
  const { ask, end, runs } = await startWith({ count: 3 })
  const ids = [await ask('operation'), await ask('operation'), await ask('work')]
  await until(() => ids.every(runs))
  for (const id of ids) await end(id)
})

test('with one, a training goes before all operations but the one that has begun', async () => {
  const { jobs, ask, end, runs } = await startWith({ count: 1 })
  const [first, second] = [await ask('operation'), await ask('operation')]
  await until(() => runs(first))
  const training = await ask('work')
  expect(await stateOf(jobs, training)).toBe('queued')
  await end(first)
  await until(() => runs(training))
  expect(await stateOf(jobs, second)).toBe('queued')
  await end(training)
  await until(() => runs(second))
  await end(second)
})

test('operations that wait do not keep a training from being asked for', async () => {
  const { jobs, ask, end, runs } = await startWith({ count: 1 })
  const begun = await ask('operation')
  await until(() => runs(begun))
  for (let i = 0; i < 100; i++) await ask('operation')
  await expect(ask('operation')).rejects.toMatchObject({ code: 'queue_full' })
  const training = await ask('work')
  await end(begun)
  await until(() => runs(training))
  await end(training)
  expect(jobs.heldUpForMs).toBe(0)
})

test('accounts take turns: who asks for one thing does not wait for all that others asked for before', async () => {
  const { jobs, ask, end, runs, database } = await startWith({ count: 3 })
  const anna = await Promise.all(Array.from({ length: 20 }, () => ask('operation', { account: 'anna' })))
  await until(() => anna.filter(runs).length === 2)
  const [first = '', second = ''] = anna.filter(runs)
  const ben = [await ask('operation', { account: 'ben' }), await ask('operation', { account: 'ben' })] as const
  const carl = await ask('operation', { account: 'carl' })
  // One of anna's may hang: others have the other place.
  await end(second)
  for (const next of [ben[0], carl, ben[1]]) {
    await until(() => runs(next))
    await end(next)
  }
  await until(() => anna.filter(runs).length === 3)
  expect(runs(first)).toBe(true)
  // 17 of hers wait.
  for (let i = 0; i < 3; i++) await ask('operation', { account: 'anna' })
  expect(await jobs.refusalFor(database.write, 'anna')).toMatchObject({ status: 429, code: 'too_many_waiting' })
  expect(await jobs.refusalFor(database.write, 'ben')).toBeNull()
  await database.write.transaction().execute(async (transaction) => {
    for (let i = 0; i < 80; i++) await jobs.add(transaction, 'operation', null, {})
  })
  expect(await jobs.refusalFor(database.write, 'ben')).toMatchObject({ status: 503, code: 'queue_full' })
})
