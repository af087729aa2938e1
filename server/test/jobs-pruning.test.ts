import { expect, onTestFinished, test } from 'vitest'
import type { JobRow } from '../src/database/schema.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { JobPruning } from '../src/jobs/pruning.ts'
import { createLog } from '../src/logging/logging.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const NOW = 1_790_000_000_000
const DAY = 86_400_000

async function open() {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const pruning = new JobPruning({ database, log: createLog('silent'), now: () => NOW })
  const add = async (rows: (Partial<JobRow> & { id: string })[]) => {
    const usual = { kind: 'training', camera: 'pi/a', phase: null, progress: 0, params_json: '{}', result_json: null }
    const values = rows.map((row) => {
      const at = row.created_at ?? NOW
      return {
        ...usual,
        error_json: null,
        state: 'done' as const,
        created_at: at,
        started_at: at,
        finished_at: at,
        starts: 1,
        ...row,
      }
    })
    for (let i = 0; i < values.length; i += 200)
      await database.write
        .insertInto('jobs')
        .values(values.slice(i, i + 200))
        .execute()
    const lines = rows.map(({ id }) => ({ job: id, seq: 1, at: NOW, level: 'info' as const, text: 'began' }))
    for (let i = 0; i < lines.length; i += 200)
      await database.write
        .insertInto('job_lines')
        .values(lines.slice(i, i + 200))
        .execute()
  }
  const left = async () => {
    const jobs = await database.read.selectFrom('jobs').select('id').orderBy('id').execute()
    const lines = await database.read.selectFrom('job_lines').select('job').distinct().orderBy('job').execute()
    expect(lines.map(({ job }) => job)).toEqual(jobs.map(({ id }) => id))
    return jobs.map(({ id }) => id)
  }
  return { database, pruning, add, left }
}

test('what ended a month ago goes with its lines, but for the newest of each kind, camera and outcome', async () => {
  const { database, pruning, add, left } = await open()
  const old = (days: number) => ({ created_at: NOW - days * DAY })
  await add([
    { id: 'done-40', ...old(40) },
    { id: 'done-35-newest', ...old(35) },
    { id: 'failed-50', state: 'failed', ...old(50) },
    { id: 'failed-45-newest', state: 'failed', ...old(45) },
    { id: 'other-camera-99', camera: 'pi/b', ...old(99) },
    { id: 'other-kind-99', kind: 'purge', ...old(99) },
    { id: 'waits-99', state: 'queued', finished_at: null, ...old(99) },
    { id: 'runs-99', state: 'running', finished_at: null, ...old(99) },
    { id: 'of-schedule-60', ...old(60) },
    { id: 'cancelled-32', state: 'cancelled', ...old(32) },
    { id: 'cancelled-29', state: 'cancelled', ...old(29) },
    { id: 'cancelled-28', state: 'cancelled', ...old(28) },
    // It took long: it ended within the month.
    { id: 'slow-60', ...old(60), finished_at: NOW - DAY },
  ])
  const schedule = { id: 's', kind: 'training', camera: 'pi/a', params_json: '{}', cron: '0 3 * * *', timezone: 'UTC' }
  await database.write
    .insertInto('schedules')
    .values({ ...schedule, owner: 'ada', paused: 0, created_at: 0, next_at: null, last_job: 'of-schedule-60' })
    .execute()
  await database.write
    .insertInto('job_lines')
    .values({ job: 'went-with-its-camera', seq: 1, at: 0, level: 'info', text: 'began' })
    .execute()
  await pruning.prune()
  expect(await left()).toEqual([
    'cancelled-28',
    'cancelled-29',
    'done-35-newest',
    'failed-45-newest',
    'of-schedule-60',
    'other-camera-99',
    'other-kind-99',
    'runs-99',
    'slow-60',
    'waits-99',
  ])
})

test('no more than a thousand that ended stay, the newest of them, in slices', async () => {
  const { database, pruning, add, left } = await open()
  const name = (i: number) => `job-${String(i).padStart(4, '0')}`
  await add(Array.from({ length: 1450 }, (_, i) => ({ id: name(i), created_at: NOW - 10_000 + i })))
  await add([{ id: 'a-alone', camera: 'pi/alone', created_at: NOW - DAY }])
  pruning.start() // at the start, by itself
  await until(async () => (await database.read.selectFrom('jobs').select('id').execute()).length === 1001)
  await pruning.close()
  expect(await left()).toEqual(['a-alone', ...Array.from({ length: 1000 }, (_, i) => name(450 + i))])
})

test('jobs of programs go when their users cannot read them any more, and push out nothing else however many they are', async () => {
  const { pruning, add, left } = await open()
  const program = { kind: 'program', camera: null }
  await add([
    { id: 'program-old', ...program, created_at: NOW - 2 * 3_600_000 },
    { id: 'training-1', created_at: NOW - 3 * 3_600_000 },
    { id: 'training-2', created_at: NOW - 2 * 3_600_000 },
    ...Array.from({ length: 1001 }, (_, i) => ({ id: `program-${1000 + i}`, ...program, created_at: NOW - 2000 + i })),
  ])
  await pruning.prune()
  const ids = await left()
  expect(ids.filter((id) => id.startsWith('training'))).toEqual(['training-1', 'training-2'])
  expect(ids.filter((id) => id.startsWith('program'))).toHaveLength(1000)
  expect(ids).toContain('program-2000')
  expect(ids).not.toContain('program-old')
})
