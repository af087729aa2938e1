import { expect, test } from 'vitest'
import { SqliteError } from '../src/database/thread-calls.ts'
import { HttpError } from '../src/http/errors.ts'
import type { JobHandler } from '../src/jobs/jobs.ts'
import { waitAfter } from '../src/jobs/outcome.ts'
import { WorkError } from '../src/jobs/worker/messages.ts'
import { until } from './running-server.ts'
import { kind, startJobs, stateOf } from './some-jobs.ts'

const HOUR = 3_600_000

/** Jobs whose clock goes by hand. */
async function startByHand(work: JobHandler, more: Parameters<typeof startJobs>[1] = {}) {
  const clock = { now: 1_790_000_000_000 }
  const started = await startJobs(work, { now: () => clock.now, random: () => 0.5, ...more })
  const wait = (ms: number) => {
    clock.now += ms
    started.jobs.wake()
  }
  return { ...started, clock, wait }
}

const texts = async ({ jobs }: Awaited<ReturnType<typeof startJobs>>, id: string) =>
  (await jobs.lines(id)).map(({ level, text }) => `${level}: ${text}`)

test('a wait doubles up to ten minutes, and those that failed together come back apart', () => {
  expect([1, 2, 3, 4].map((failures) => waitAfter(failures, 1))).toEqual([2000, 4000, 8000, 16_000])
  expect(waitAfter(30, 1)).toBe(600_000)
  expect([0, 0.5, 1].map((random) => waitAfter(2, random))).toEqual([2000, 3000, 4000])
})

test.each([
  ['fault', () => new WorkError('engine_unavailable', 'no engine loads', 'environment'), 'engine_unavailable'],
  ['full disk', () => new SqliteError('database or disk is full', 13), 'storage_held'],
  ['busy server', () => new HttpError(503, 'busy', 'frames are not recorded in time'), 'busy'],
])('what the machine made fail (%s) is put off, says so, and is tried again', async (_, fail, code) => {
  let runs = 0
  const started = await startByHand(async () => {
    if (++runs < 3) throw fail()
    return { runs }
  })
  const { jobs, clock, wait, add } = started
  const { id } = await add()
  const put = async (failures: number) => {
    await until(async () => (await jobs.get(id)).failures === failures)
    const row = await jobs.get(id)
    expect(row).toMatchObject({ state: 'queued', starts: failures, run_at: clock.now + waitAfter(failures, 0.5) })
    expect(JSON.parse(row.error_json ?? '')).toEqual({ code, message: expect.stringMatching(/tried again$/) })
    return waitAfter(failures, 0.5)
  }
  const first = await put(1)
  wait(first - 1)
  const next = await jobs.create('light', null, {}) // looks at all jobs, and passes it by
  await until(async () => (await stateOf(jobs, next.id)) === 'done')
  expect(runs).toBe(1)
  wait(1)
  wait(await put(2))
  await until(async () => (await stateOf(jobs, id)) === 'done')
  expect(await jobs.get(id)).toMatchObject({ starts: 3, failures: 2, error_json: null })
  expect(await texts(started, id)).toEqual([
    'info: began',
    expect.stringContaining(`warn: put off for 2 s after attempt 1 of 3 (${code}): `),
    'info: began again, attempt 2',
    expect.stringContaining(`warn: put off for 3 s after attempt 2 of 3 (${code}): `),
    'info: began again, attempt 3',
    'info: done',
  ])
})

test('not for ever; and what the caller or ajar did wrong is not tried again', async () => {
  const errors: Record<string, () => unknown> = {
    full: () => new SqliteError('database or disk is full', 13),
    caller: () => new HttpError(400, 'too_few_frames', 'open has 1 labelled frame'),
    ours: () => new Error('undefined is not a function'),
    odd: () => 'thrown as it is',
  }
  const { jobs, wait, add } = await startByHand(async ({ params }) => {
    throw errors[String(params.error)]?.()
  })
  const ended = async (error: string) => {
    const { id } = await add({ error })
    await until(async () => {
      wait(HOUR)
      return (await stateOf(jobs, id)) === 'failed'
    })
    const { starts, error_json } = await jobs.get(id)
    return [starts, JSON.parse(error_json ?? '')]
  }
  expect(await ended('full')).toEqual([
    3,
    { code: 'storage_held', message: expect.stringMatching(/\(tried 3 times\)$/) },
  ])
  expect(await ended('caller')).toEqual([1, { code: 'too_few_frames', message: 'open has 1 labelled frame' }])
  expect(await ended('ours')).toEqual([1, { code: 'failed', message: 'undefined is not a function' }])
  expect(await ended('odd')).toEqual([1, { code: 'failed', message: 'thrown as it is' }])
})

test('a clock that is set back puts nothing off for longer than it was put off for', async () => {
  let runs = 0
  const { jobs, wait, add } = await startByHand(async () => {
    if (++runs === 1) throw new SqliteError('database or disk is full', 13)
    return {}
  })
  const { id } = await add()
  await until(async () => (await jobs.get(id)).failures === 1)
  wait(-24 * HOUR)
  await until(async () => (await stateOf(jobs, id)) === 'done')
})

test('a start time is waited for, also over a restart, and must be one', async () => {
  const first = await startByHand(async () => ({}))
  const runAt = first.clock.now + HOUR
  const { id } = await first.jobs.create('work', null, {}, { runAt, owner: 'ada' })
  const refused = (at: number) => first.jobs.create('work', null, {}, { runAt: at })
  await expect(refused(first.clock.now - 2 * 60_000)).rejects.toMatchObject({ code: 'start_in_past', status: 400 })
  await expect(refused(first.clock.now + 400 * 24 * HOUR)).rejects.toMatchObject({ code: 'start_too_late' })
  await expect(refused(Number.NaN)).rejects.toMatchObject({ code: 'bad_time' })
  const light = await first.jobs.create('light', null, {}, { runAt: first.clock.now - 30_000 }) // a clock that is a bit slow
  await until(async () => (await stateOf(first.jobs, light.id)) === 'done')
  expect(await stateOf(first.jobs, id)).toBe('queued')
  await first.close()
  const { jobs, clock, wait } = await startByHand(async ({ owner }) => ({ owner }), { folder: first.dataDir })
  const again = await jobs.create('light', null, {})
  await until(async () => (await stateOf(jobs, again.id)) === 'done')
  expect(await jobs.get(id)).toMatchObject({ state: 'queued', run_at: runAt })
  wait(runAt - clock.now)
  await until(async () => (await stateOf(jobs, id)) === 'done')
  expect(await jobs.get(id)).toMatchObject({ starts: 1, result_json: '{"owner":"ada"}' })
})

test('what takes too long is told to stop and says so', async () => {
  const limited = [kind('work', 'worker', { timeLimitMs: 50 }), kind('light', 'server')]
  const work: JobHandler = ({ signal }) =>
    new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new WorkError('cancelled', 'it was cancelled'))),
    )
  const { jobs, add } = await startJobs(work, { kinds: limited })
  const { id } = await add()
  await until(async () => (await stateOf(jobs, id)) === 'failed')
  const error = JSON.parse((await jobs.get(id)).error_json ?? '')
  expect(error).toEqual({ code: 'timeout', message: expect.stringContaining('longer than 0.05 seconds') })
})

test('a job that ignores its signal is given up: its lane goes on, and nothing that it says later counts', async () => {
  let finish = () => {}
  let say = () => {}
  const { jobs, add } = await startJobs(
    async ({ params, report, log }) => {
      if (!params.stubborn) return {}
      say = () => {
        report('late', 0.9)
        log('info', 'said late')
      }
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      return { late: true }
    },
    { kinds: [kind('work', 'worker', { timeLimitMs: 50 }), kind('light', 'server')], graceMs: 50 },
  )
  const { id } = await jobs.create('work', 'pi/door', { stubborn: true })
  await until(async () => (await stateOf(jobs, id)) === 'failed')
  say()
  const next = await add()
  await until(async () => (await stateOf(jobs, next.id)) === 'done')
  expect(await jobs.get(id)).toMatchObject({ phase: null, error_json: expect.stringContaining('timeout') })
  // Whatever it is at, nobody else is at its camera meanwhile.
  const ofCamera = await jobs.create('light', 'pi/door', {})
  const other = await jobs.create('light', null, {})
  await until(async () => (await stateOf(jobs, other.id)) === 'done')
  expect(await stateOf(jobs, ofCamera.id)).toBe('queued')
  finish()
  await until(async () => (await stateOf(jobs, ofCamera.id)) === 'done')
  expect(await jobs.get(id)).toMatchObject({ state: 'failed', phase: null, result_json: null })
  const lines = (await jobs.lines(id)).map(({ text }) => text)
  expect(lines).toContainEqual(expect.stringContaining('does not stop'))
  expect(lines).not.toContain('said late')
})
