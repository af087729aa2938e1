import { expect, onTestFinished, test } from 'vitest'
import { openStateDatabase } from '../src/database/state-database.ts'
import type { Jobs } from '../src/jobs/jobs.ts'
import { createLog } from '../src/logging/logging.ts'
import { KeptRuns } from '../src/programs/runs/kept-runs.ts'
import { ProgramRuns } from '../src/programs/runs/program-runs.ts'
import { requestOf } from './some-programs.ts'
import { temporaryFolder } from './temporary-folder.ts'

const HOUR_MS = 3_600_000

/** Runs that end as they are added, at times of a test. */
async function start(most = { runs: 100, bytes: 1e6 }) {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const clock = { now: 1_000_000_000_000 }
  const now = () => clock.now
  let jobs = 0
  const gone: string[] = []
  const remove = async (_: unknown, ids: string[]) => void gone.push(...ids)
  const runs: ProgramRuns = new ProgramRuns({
    ...{ database, now, settings: { programsPerUser: 1000, programsWaiting: 1000 }, refusal: async () => null },
    jobs: () => ({ add: async () => ({ id: `job-${jobs++}` }), wake: () => {}, remove }) as unknown as Jobs,
    onWritten: (...told) => void written.push(kept.written(...told)),
  })
  const written: Promise<void>[] = []
  const kept = new KeptRuns({ runs, now, log: createLog('silent'), most })
  onTestFinished(() => kept.close())
  const add = async (account: string, bytes = 10) => {
    const added = await runs.add({ account, name: account }, requestOf(), 'shell')
    const id = 'identifier' in added ? added.identifier : ''
    await runs.end(id, { isSuccess: true, status: 0, messages: [{ type: 'stdout', data: 'x'.repeat(bytes) }] })
    await Promise.all(written)
    return id
  }
  const rows = async () => (await database.read.selectFrom('program_runs').select('id').execute()).map(({ id }) => id)
  const messages = async () => (await database.read.selectFrom('program_messages').select('run').execute()).length
  return { database, kept, clock, add, rows, messages, gone }
}

test('runs go with all they said, and with their jobs, an hour after their end, no sooner', async () => {
  const { kept, clock, add, rows, messages, gone } = await start()
  const old = await add('a')
  clock.now += HOUR_MS / 2
  const young = await add('a')
  await kept.sweep()
  expect(new Set(await rows())).toEqual(new Set([old, young]))
  clock.now += HOUR_MS / 2 + 1
  await kept.sweep()
  expect(await rows()).toEqual([young])
  expect(await messages()).toBe(1)
  expect(gone).toEqual(['job-0'])
  clock.now += HOUR_MS
  await kept.sweep()
  expect([await rows(), await messages()]).toEqual([[], 0])
})

test('where there are too many the oldest go of whoever has most, and nobody else loses any', async () => {
  const { kept, add, rows } = await start({ runs: 6, bytes: 1e6 })
  const [first, ...others] = [await add('b'), await add('c')]
  const many: string[] = []
  for (let i = 0; i < 8; i++) many.push(await add('a'))
  await kept.sweep()
  const left = await rows()
  expect(left.length).toBeLessThanOrEqual(6)
  expect(left).toEqual(expect.arrayContaining([first, ...others, many.at(-1)]))
})

test('what they said counts too, also of those that ended before a start', async () => {
  const { kept, add, rows, clock } = await start({ runs: 100, bytes: 50_000 })
  const own = await add('b', 1000)
  const long: string[] = []
  for (let i = 0; i < 4; i++) {
    clock.now += 1
    long.push(await add('a', 20_000))
  }
  await kept.start()
  await kept.sweep()
  expect(new Set(await rows())).toEqual(new Set([own, ...long.slice(-2)]))
})
