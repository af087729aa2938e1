import { expect, test } from 'vitest'
import { type JobContext, Jobs } from '../src/jobs/jobs.ts'
import { JOB_KINDS } from '../src/jobs/kinds.ts'
import { until } from './running-server.ts'
import { kind, startJobs, stateOf } from './some-jobs.ts'

/** Handlers that go on until the test lets them end, and what runs now. */
function heldJobs() {
  const held = new Map<string, () => void>()
  const run = ({ id, signal }: JobContext) =>
    new Promise<object>((resolve, reject) => {
      const end = () => {
        held.delete(id)
        resolve({})
      }
      held.set(id, end)
      signal.addEventListener('abort', () => {
        held.delete(id)
        reject(new Error('stopped'))
      })
    })
  return { run, runs: (id: string) => held.has(id), end: (id: string) => held.get(id)?.() }
}

async function startLanes() {
  const heavy = heldJobs()
  const light = heldJobs()
  const started = await startJobs(heavy.run, {
    handlers: [
      { kind: 'work', run: heavy.run },
      { kind: 'light', run: light.run },
    ],
  })
  return { ...started, heavy, light }
}

test('lanes go on side by side, one job at a time in each', async () => {
  const { jobs, heavy, light } = await startLanes()
  const [first, second] = [await jobs.create('work', 'pi/a', {}), await jobs.create('work', 'pi/b', {})]
  const other = await jobs.create('light', 'pi/c', {})
  await until(() => heavy.runs(first.id) && light.runs(other.id))
  expect(await stateOf(jobs, second.id)).toBe('queued')
  heavy.end(first.id)
  await until(() => heavy.runs(second.id))
  expect(light.runs(other.id)).toBe(true)
})

test('never two of one camera, nor of one that it learns from; the rest goes before', async () => {
  const { jobs, database, heavy, light } = await startLanes()
  const borrowed = { camera: 'pi/a', source: 'pi/source', captured_at: 1, state: 'open', author: 'me', borrowed_at: 1 }
  await database.write.insertInto('borrowed_labels').values(borrowed).execute()
  const training = await jobs.create('work', 'pi/a', {})
  await until(() => heavy.runs(training.id))
  // What was borrowed when it began counts, also when it is given back meanwhile.
  await database.write.deleteFrom('borrowed_labels').execute()
  const same = await jobs.create('light', 'pi/a', {})
  const source = await jobs.create('light', 'pi/source', {})
  const free = await jobs.create('light', 'pi/free', {})
  await until(() => light.runs(free.id))
  light.end(free.id)
  await until(async () => (await stateOf(jobs, free.id)) === 'done')
  expect([await stateOf(jobs, same.id), await stateOf(jobs, source.id)]).toEqual(['queued', 'queued'])
  heavy.end(training.id)
  await until(() => light.runs(same.id))
  light.end(same.id)
  await until(() => light.runs(source.id))
})

test.each([
  ['no handler', [{ kind: 'work', times: 1 }], 'jobs of kind light have no handler'],
  [
    'two',
    [
      { kind: 'work', times: 2 },
      { kind: 'light', times: 1 },
    ],
    'jobs of kind work have 2 handlers',
  ],
  ['one of no kind', [{ kind: 'wrok', times: 1 }], 'there is a handler of wrok, which is no kind of job'],
])('the start fails where a kind has %s', async (_, given, message) => {
  const { jobs, database } = await startJobs(async () => ({}))
  expect(jobs).toBeInstanceOf(Jobs)
  const handlers = given.flatMap(({ kind, times }) => Array(times).fill({ kind, run: async () => ({}) }))
  await expect(startJobs(async () => ({}), { handlers })).rejects.toThrow(message)
  await expect(
    startJobs(async () => ({}), { kinds: [kind('work', 'worker'), kind('work', 'server'), kind('light', 'server')] }),
  ).rejects.toThrow('work is declared twice')
  expect(await database.read.selectFrom('jobs').select('id').execute()).toEqual([])
})

test('the kinds of the server have names, titles and limits that a timer can hold', () => {
  const names = JOB_KINDS.map(({ name }) => name)
  expect(names).toEqual([...new Set(names)])
  for (const { name, timeLimitMs, attempts } of JOB_KINDS) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(timeLimitMs).toBeLessThan(2 ** 31)
    expect(attempts).toBeGreaterThan(0)
  }
})

test('a job that a newer release asked for fails with words, and the start does not', async () => {
  const first = await startJobs(async () => ({}))
  await first.close()
  const { jobs, database, close } = await startJobs(async () => ({}), { folder: first.dataDir })
  const made = await database.write
    .transaction()
    .execute((transaction) => jobs.add(transaction, 'dreaming', 'pi/a', { deep: true }))
  await close()
  const after = await startJobs(async () => ({}), { folder: first.dataDir })
  await until(async () => (await stateOf(after.jobs, made.id)) === 'failed')
  const { error_json } = await after.jobs.get(made.id)
  expect(JSON.parse(error_json ?? '')).toEqual({ code: 'unknown_kind', message: expect.stringContaining('dreaming') })
  const next = await after.add()
  await until(async () => (await stateOf(after.jobs, next.id)) === 'done')
})
