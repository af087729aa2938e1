import { expect, onTestFinished, test } from 'vitest'
import { openDatabases } from '../src/database/open-databases.ts'
import type { MadeFile } from '../src/datasessions/execution/perform-messages.ts'
import { Results } from '../src/datasessions/execution/results.ts'
import { NobodyWaits, waitingOperation } from '../src/datasessions/execution/waiting.ts'
import { createLog } from '../src/logging/logging.ts'
import { temporaryFolder } from './temporary-folder.ts'

type Adopt = (folder: string, result: number) => Promise<void>

/** Results, and operations that wait for them. @param adopt is given what writes rows meanwhile */
async function open(adopt: (write: World['database']['write'], result: number) => Promise<unknown>) {
  const dataDir = await temporaryFolder(onTestFinished)
  const closers: (() => unknown)[] = []
  onTestFinished(async () => {
    for (const close of closers.reverse()) await close()
  })
  const log = createLog('silent')
  const { database } = await openDatabases({ dataDir, framesFolder: `${dataDir}/frames`, fileBytes: 1e6, log }, closers)
  const removed: number[] = []
  const files = {
    adopt: (async (_, result) => void (await adopt(database.write, result))) as Adopt,
    removeResult: async (result: number) => void removed.push(result),
  }
  return { database, removed, results: new Results({ database, files, now: () => 1 }) }
}
type World = { database: Awaited<ReturnType<typeof openDatabases>>['database'] }

async function waiting({ database }: World, job: string) {
  const row = { session: 1, owner: 'ann', name: 'Median', input_json: '{}', cache_key: 'k', message: '', created_at: 1 }
  const { id } = await database.write
    .insertInto('operations')
    .values({ ...row, job, state: null, result: null, finished_at: null })
    .returning('id')
    .executeTakeFirstOrThrow()
  return waitingOperation(id, job)
}

const file = (name: string): MadeFile => ({
  name,
  type: 'json',
  forms: { json: `${name}.json` },
  bytes: 2,
  sha256: 's',
})
const kept = (key: string, signal = new AbortController().signal) => ({
  ...{ key, operation: 'Median', folder: '/nowhere', signal },
  made: { files: [file('one'), file('two')], data: null },
  frames: new Map(),
})

test('others write while the files of a result are brought to the disk', async () => {
  const world = await open((write) => write.updateTable('operations').set({ message: 'meanwhile' }).execute())
  await world.results.keep(await waiting(world, 'a'), kept('a'))
  const row = await world.database.write.selectFrom('operations').selectAll().executeTakeFirstOrThrow()
  expect(row).toMatchObject({ state: 'COMPLETED', result: 1 })
})

test('results that are kept at once have files and numbers of their own, and names that nobody else has', async () => {
  const adopted: number[] = []
  const world = await open(async (_, result) => adopted.push(result))
  const upload = { owner: 'ben', result: null, type: 'fits', forms_json: '{}', bytes: 1, sha256: 'x', created_at: 1 }
  for (const basename of ['one-2', 'one-2-2'])
    await world.database.write
      .insertInto('laboratory_files')
      .values({ ...upload, basename })
      .execute()
  const jobs = await Promise.all(['a', 'b'].map(async (job) => ({ job, waiting: await waiting(world, job) })))
  await world.results.refuse(await waiting(world, 'c'), 'c', 'Median', 'no')
  await Promise.all(jobs.map((one) => world.results.keep(one.waiting, kept(one.job))))
  expect(adopted.sort()).toEqual([2, 3])
  const rows = await world.database.write
    .selectFrom('laboratory_files')
    .select('basename')
    .where('result', 'is not', null)
    .execute()
  expect(rows.map(({ basename }) => basename).sort()).toEqual(['one-2-3', 'one-3', 'two-2', 'two-3'])
})

test('of a result that nobody waits for, or that was made of purged frames, nothing stays', async () => {
  const end = new AbortController()
  const world = await open(async (_, result) => result === 2 && end.abort(new Error('purged')))
  await expect(world.results.keep(waitingOperation(77, 'z'), kept('z'))).rejects.toThrow(NobodyWaits)
  await expect(world.results.keep(await waiting(world, 'a'), kept('a', end.signal))).rejects.toThrow('purged')
  expect(world.removed).toEqual([1, 2])
  expect(await world.database.write.selectFrom('laboratory_files').selectAll().execute()).toEqual([])
  expect(await world.database.write.selectFrom('operation_results').selectAll().execute()).toEqual([])
})
