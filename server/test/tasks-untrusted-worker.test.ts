import { chmodSync } from 'node:fs'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Work, WorkerLostError } from '../src/jobs/worker/messages.ts'
import { Workers } from '../src/jobs/worker/workers.ts'
import { createLog } from '../src/logging/logging.ts'
import { describedByWorker } from '../src/tasks/untrusted/described-by-worker.ts'
import { needsBoxes } from './boxed.ts'
import { TasksFolder } from './tasks-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Tasks that nobody trusts are described by a job worker: the server makes no boxes. */

const ENTRY = new URL('../src/worker.ts', import.meta.url)

/** @param perform who does what the catalog wants done */
async function open(perform: (work: Work) => Promise<unknown>, files: Record<string, string>, loadMs = 60_000) {
  const tasks = await TasksFolder.open(onTestFinished, files, {
    ...{ describeUntrusted: describedByWorker(perform, 1), loadMs, listMs: 60_000 },
  })
  chmodSync(tasks.folder, 0o755)
  return tasks
}

describe('a job worker', () => {
  beforeEach(needsBoxes)

  /** The real one, as the server starts it. */
  async function worker(): Promise<(work: Work) => Promise<unknown>> {
    const dataDir = await temporaryFolder(onTestFinished)
    const workers = new Workers({
      ...{ dataDir, own: { entry: ENTRY, environment: { AJAR_DATA_DIR: dataDir } }, log: createLog('silent') },
      ...{ onConnected() {}, onLine() {} },
    })
    await workers.start()
    onTestFinished(() => workers.close())
    return (work) => workers.perform(work, new AbortController().signal)
  }

  test('describes a task in a box, and says what is wrong with another one', async () => {
    const tasks = await open(await worker(), {
      'untrusted/good.ts':
        "/** Looks. */\nexport const schema = { type: 'object', title: String(process.ppid), properties: {} }\nexport default () => 1\n",
      'untrusted/bad.ts': "throw new Error('no luck')\n",
    })
    // In a PID namespace of its own, below the shell that is its second process.
    expect(await tasks.task('good')).toMatchObject({
      description: 'Looks.',
      schema: { title: expect.stringMatching(/^\d$/) },
    })
    expect(await tasks.error('bad')).toContain('no luck')
  })

  test('ends one that takes too long, which is told as that', async () => {
    const tasks = await open(await worker(), { 'untrusted/long.ts': 'for (;;);\n' }, 1000)
    expect(await tasks.error('long')).toBe('It took more than 1 s to load.')
  })
})

const ONE = { 'untrusted/one.ts': 'export default () => 1\n' }
const SAID = { error: null, schema: null, limits: null, cache: true, doc: 'Said.', files: [] }

test('a worker that is just being restarted is waited for', async () => {
  let asked = 0
  const tasks = await open(async () => {
    if (++asked < 4) throw new WorkerLostError('no job worker is connected')
    return SAID
  }, ONE)
  expect(await tasks.task('one')).toMatchObject({ description: 'Said.' })
})

test('where there is none the task is broken and says so', async () => {
  const tasks = await open(() => Promise.reject(new WorkerLostError('no job worker is connected')), ONE)
  expect(await tasks.error('one')).toBe('It is loaded by a job worker: no job worker is connected.')
})

test('however many wait for a worker, a task that is trusted does not', async () => {
  const many = Array.from({ length: 100 }, (_, index) => [`untrusted/one${index}.ts`, 'export default () => 1\n'])
  const tasks = await open(() => new Promise(() => {}), {
    ...Object.fromEntries(many),
    'own.ts': 'export default () => 1\n',
  })
  const { broken } = await tasks.catalog.list(2000)
  expect(broken.filter(({ untrusted }) => untrusted).length).toBe(100)
  expect(await tasks.task('own')).toMatchObject({ name: 'own' })
})
