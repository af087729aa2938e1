import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import { WorkerLostError } from '../src/jobs/worker/messages.ts'
import { until } from './running-server.ts'
import { startJobs, stateOf, untilCancelled } from './some-jobs.ts'

test('one after the other, in the order they were asked for', async () => {
  const done: unknown[] = []
  let atOnce = 0
  const { jobs, add } = await startJobs(async ({ params }) => {
    expect(++atOnce).toBe(1)
    await new Promise((resolve) => setImmediate(resolve))
    atOnce -= 1
    done.push(params.number)
    return { number: params.number }
  })
  const rows = []
  for (let number = 0; number < 5; number++) rows.push(await add({ number }))
  for (const { id } of rows) await until(async () => (await stateOf(jobs, id)) === 'done')
  expect(done).toEqual([0, 1, 2, 3, 4])
  expect(JSON.parse((await jobs.get(rows[3]?.id ?? '')).result_json ?? '')).toEqual({ number: 3 })
})

test('an error keeps its code, and the next job runs', async () => {
  const { jobs, add } = await startJobs(async ({ params }) => {
    if (params.fail) throw Object.assign(new Error('no door in sight: point the camera at one'), { code: 'no_door' })
    return {}
  })
  const [bad, good] = [await add({ fail: true }), await add()]
  await until(async () => (await stateOf(jobs, good.id)) === 'done')
  const { state, error_json } = await jobs.get(bad.id)
  expect({ state, ...JSON.parse(error_json ?? '') }).toMatchObject({ state: 'failed', code: 'no_door' })
})

test('cancelled at any moment, a job ends cancelled and never runs again', async () => {
  const { jobs, add } = await startJobs(untilCancelled)
  for (let i = 0; i < 5; i++) {
    const { id } = await add()
    await jobs.cancel(id)
    await until(async () => (await stateOf(jobs, id)) === 'cancelled')
  }
  const rows = await jobs.list({ limit: 10 })
  expect(rows.map(({ state }) => state)).toEqual(Array(5).fill('cancelled'))
})

test('what was running when the server stopped runs again', async () => {
  const first = await startJobs(untilCancelled)
  const { id } = await first.add()
  await until(async () => (await stateOf(first.jobs, id)) === 'running')
  await first.close()
  const second = await startJobs(async () => ({ again: true }), { folder: first.dataDir })
  await until(async () => (await stateOf(second.jobs, id)) === 'done')
})

test('a job that takes the server down each time is given up after three starts; orderly stops do not count', async () => {
  const first = await startJobs(untilCancelled)
  const { id } = await first.add()
  await first.close()
  for (let stops = 0; stops < 4; stops++) {
    const { jobs, close } = await startJobs(untilCancelled, { folder: first.dataDir })
    await until(async () => (await stateOf(jobs, id)) === 'running')
    await close()
  }
  const crashed = async () => {
    const { jobs, close } = await startJobs(untilCancelled, { folder: first.dataDir })
    await until(async () => (await stateOf(jobs, id)) !== 'queued')
    const row = await jobs.get(id)
    await close()
    // As it stands in the row when the process is gone at once.
    const after = await openStateDatabase(first.dataDir)
    await after.write.updateTable('jobs').set(row).where('id', '=', id).execute()
    await after.close()
    return row
  }
  expect([(await crashed()).starts, (await crashed()).starts, (await crashed()).starts]).toEqual([1, 2, 3])
  const { state, error_json } = await crashed()
  expect({ state, error_json }).toEqual({ state: 'failed', error_json: expect.stringContaining('interrupted') })
})

test('a job whose worker is killed runs again, but not for ever; one whose worker left in order is none the worse', async () => {
  const inOrder = [true, true, true, true, false, true, false, false]
  let [runs, now] = [0, Date.now()]
  const { jobs, add } = await startJobs(
    async ({ params }) => {
      runs += 1
      if (params.survives && runs > 1) return {}
      throw new WorkerLostError('gone', { inOrder: inOrder[runs - 1] ?? false })
    },
    { now: () => now },
  )
  const { id } = await add()
  const untilEnded = (job: string, state: string) =>
    until(async () => {
      now += 60_000 // longer than it is put off
      jobs.wake()
      return (await stateOf(jobs, job)) === state
    })
  await untilEnded(id, 'failed')
  expect(runs).toBe(inOrder.length)
  const { error_json, starts } = await jobs.get(id)
  expect([starts, error_json]).toEqual([3, expect.stringContaining('interrupted')])
  runs = 0
  const again = await add({ survives: true })
  await untilEnded(again.id, 'done')
  expect(runs).toBe(2)
})

test('what needs a worker that is not there waits, and the rest goes on', async () => {
  let connected = false
  const { jobs, add } = await startJobs(async () => ({}), { canBegin: (lane) => lane !== 'worker' || connected })
  const [heavy, cancelled, light] = [await add(), await add(), await jobs.create('light', null, {})]
  await until(async () => (await stateOf(jobs, light.id)) === 'done')
  await until(() => jobs.heldUpForMs > 0)
  expect(await stateOf(jobs, heavy.id)).toBe('queued')
  await jobs.cancel(cancelled.id)
  connected = true
  jobs.wake()
  await until(async () => (await stateOf(jobs, heavy.id)) === 'done')
  expect(await stateOf(jobs, cancelled.id)).toBe('cancelled')
  await until(() => jobs.heldUpForMs === 0)
})

test('a disk that refuses costs no job, and the server goes on', async () => {
  let finish = () => {}
  const { jobs, add, database } = await startJobs(async ({ report }) => {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    report('working', 0.5)
    return {}
  })
  const { id } = await add()
  await until(async () => (await stateOf(jobs, id)) === 'running')
  await sql`create trigger refuse before update on jobs begin select raise(abort, 'no room'); end`.execute(
    database.write,
  )
  finish()
  await expect(database.write.updateTable('jobs').set({ progress: 1 }).execute()).rejects.toThrow('no room')
  await sql`drop trigger refuse`.execute(database.write)
  await until(async () => (await stateOf(jobs, id)) === 'done')
})

test('no more wait than a hundred', async () => {
  const { add } = await startJobs(untilCancelled)
  await add()
  for (let i = 0; i < 100; i++) await add().catch(() => {})
  await expect(add()).rejects.toMatchObject({ code: 'queue_full', status: 409 })
})
