import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFits } from '@ajar/images'
import { onTestFinished } from 'vitest'
import { Events } from '../src/database/events.ts'
import { openDatabases } from '../src/database/open-databases.ts'
import { openLaboratory } from '../src/datasessions/open-laboratory.ts'
import { Sources } from '../src/devices/sources.ts'
import { Jobs } from '../src/jobs/jobs.ts'
import { JOB_KINDS } from '../src/jobs/kinds.ts'
import { hasRoom } from '../src/jobs/room.ts'
import { Workers } from '../src/jobs/worker/workers.ts'
import { createLog } from '../src/logging/logging.ts'
import { TEST_OPERATIONS } from './laboratory-operations.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const WORKER = new URL('./laboratory-worker.ts', import.meta.url)

export interface Given {
  /** Of a laboratory that was there before. */
  dataDir?: string
  /** Whether the server starts its workers. */
  own?: boolean
  mostBytes?: number
  leastFreeBytes?: number
}

/** The laboratory with real databases, jobs and workers, and operations that do what a test says. */
export async function startLaboratory(given: Given = {}) {
  const { own = true, mostBytes = 1e9, leastFreeBytes = 0 } = given
  const dataDir = given.dataDir ?? (await temporaryFolder(onTestFinished))
  const [archiveDir, testFolder] = [join(dataDir, 'fits'), join(dataDir, 'test')]
  for (const folder of [archiveDir, testFolder]) mkdirSync(folder, { recursive: true })
  const image = { width: 8, height: 4, planes: 1, samples: Uint8Array.from({ length: 32 }, (_, i) => i) }
  if (!given.dataDir) await writeFits(join(archiveDir, 'door.fits'), image)
  const closers: (() => Promise<unknown> | unknown)[] = []
  const log = createLog('silent')
  const framesFolder = join(dataDir, 'frames')
  const { database, archive } = await openDatabases({ dataDir, framesFolder, fileBytes: 1e6, log }, closers)
  const events = new Events()
  const sources = new Sources(database)
  await sources.start()
  const environment = { AJAR_DATA_DIR: dataDir, AJAR_TEST_FOLDER: testFolder }
  const workers = new Workers({
    ...{ dataDir, log, own: own ? { entry: WORKER, environment } : null },
    onConnected: () => jobs.wake(),
    onLine: () => {},
  })
  const laboratory = await openLaboratory({
    ...{ database, events, archive, cameras: sources, leastFreeBytes, log, operations: TEST_OPERATIONS },
    settings: {
      ...{ dataDir, archiveDir, laboratoryBytes: mostBytes, laboratoryMs: 86_400_000, engine: 'auto', publicUrl: '' },
      ...{ maxImportBytes: 1e9, rehearsal: false },
    },
    jobs: () => jobs,
    perform: (work, signal) => workers.perform(work, signal),
  })
  const jobs = new Jobs({
    ...{ database, events, handlers: [laboratory], kinds: JOB_KINDS.filter(({ name }) => name === 'operation') },
    canBegin: () => workers.ready,
    hasRoom: (lane, counts) => hasRoom(lane, counts, workers.count),
    logOf: () => log,
    clean: (text) => text,
    now: () => Date.now(),
    random: () => 0,
  })
  await workers.start()
  closers.push(() => workers.close())
  await laboratory.start()
  closers.push(() => laboratory.close())
  await jobs.start()
  closers.push(() => jobs.close())
  const close = async () => {
    for (const undo of closers.splice(0).reverse()) await undo()
  }
  onTestFinished(close)
  const { operations } = laboratory
  const bodyOf = async ({ session, id }: { session: number; id: number }) => {
    const [body] = await operations.body([await operations.get(session, id)], 'http://ajar')
    if (!body) throw new Error('no body')
    return body
  }
  return {
    ...{ dataDir, database, jobs, workers, laboratory, operations, close, bodyOf },
    async session(owner = 'anna') {
      const times = { created_at: 1, accessed_at: 1, modified_at: 1 }
      const row = { owner, user: owner, name: 'one', input_json: '[]', ...times }
      return database.write.insertInto('data_sessions').values(row).returningAll().executeTakeFirstOrThrow()
    },
    /** @param how what the operation is to do */
    asked: (word: string, how = 'make', basename = 'door', source = 'archive') => ({
      ...{ files: [{ type: 'fits', source, basename }], word, how },
    }),
    /** Once it has ended. */
    ended: (row: { session: number; id: number }) =>
      until(async () => {
        const body = await bodyOf(row)
        return ['COMPLETED', 'FAILED'].includes(body.status) && body
      }),
    /** The words of operations that were begun, in order, and by which processes. */
    begun: () => {
      const path = join(testFolder, 'begun')
      const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
      return lines.map((line) => ({ word: line.split(' ')[0], pid: Number(line.split(' ')[1]) }))
    },
    /** What holds goes on. */
    go: () => writeFileSync(join(testFolder, 'go'), ''),
    /** Names in a folder of the laboratory. */
    folder: (name: 'results' | 'scratch') => readdirSync(join(dataDir, 'laboratory', name)),
    /** A worker that somebody else starts. */
    startWorker(): ChildProcess {
      const child = spawn(process.execPath, [WORKER.pathname], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'inherit', 'inherit'],
      })
      const ended = once(child, 'exit')
      onTestFinished(async () => {
        child.kill('SIGKILL')
        await ended
      })
      return child
    },
  }
}
