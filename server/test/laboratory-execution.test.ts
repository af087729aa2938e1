import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { loadImage } from '@ajar/images'
import { expect, test } from 'vitest'
import { until } from './running-server.ts'
import { startLaboratory } from './some-laboratory.ts'

test('an operation waits, runs with its progress, and ends with files; who asks the same has it at once', async () => {
  const { operations, session, asked, bodyOf, ended, begun, go, dataDir, folder } = await startLaboratory()
  const [annas, bens] = [await session('anna'), await session('ben')]
  const row = await operations.create(annas, 'Sample', asked('one', 'hold'))
  expect(await bodyOf(row)).toMatchObject({ status: 'PENDING', operation_progress: 0, output: null, message: '' })
  // At once by somebody else: computed once.
  const same = await operations.create(bens, 'Sample', asked('one', 'hold'))
  await until(async () => (await bodyOf(row)).operation_progress === 0.25)
  expect(await bodyOf(row)).toMatchObject({ status: 'IN_PROGRESS', output: null })
  go()
  const body = await ended(row)
  expect(body).toMatchObject({
    ...{ name: 'Sample', status: 'COMPLETED', message: '', operation_progress: 1, input_data: asked('one', 'hold') },
    output: {
      output_files: [
        { basename: expect.stringMatching(/^picture-\d+$/), source: 'datalab', type: 'fits' },
        { type: 'table', csv_url: expect.stringMatching('^http://ajar/api/laboratory/files/') },
      ],
      output_data: [{ word: 'one' }],
    },
  })
  expect(Object.keys(body.output?.output_files[0] ?? {})).toEqual(
    expect.arrayContaining(['fits_url', 'large_url', 'small_url']),
  )
  expect((await ended(same)).output).toEqual(body.output)
  expect(begun().map(({ word }) => word)).toEqual(['one'])
  const [result = ''] = folder('results')
  expect(folder('results')).toHaveLength(1)
  expect(folder('scratch')).toEqual([])
  const files = join(dataDir, 'laboratory', 'results', result)
  expect(readFileSync(join(files, 'words.csv'), 'utf8')).toBe('word,size\r\none,32\r\n')
  expect(await loadImage(join(files, 'picture.fits'))).toMatchObject({ width: 8, height: 4 })
  const again = await operations.create(bens, 'Sample', asked('one', 'hold'))
  expect(again).toMatchObject({ state: 'COMPLETED', job: null })
  expect((await bodyOf(again)).output).toEqual(body.output)
  // What one made is an input of his, and of nobody else.
  const basename = body.output?.output_files[0]?.basename ?? ''
  const next = await operations.create(annas, 'Sample', asked('two', 'make', basename, 'datalab'))
  expect(await ended(next)).toMatchObject({ status: 'COMPLETED' })
  const carls = await session('carl')
  await expect(operations.create(carls, 'Sample', asked('two', 'make', basename, 'datalab'))).rejects.toMatchObject({
    fields: { files: [`${basename} is not there`] },
  })
  // Ben reads it as well, but what comes of what is somebody's own is computed for each.
  const bensNext = await operations.create(bens, 'Sample', asked('two', 'make', basename, 'datalab'))
  expect(await ended(bensNext)).toMatchObject({ status: 'COMPLETED' })
  expect(begun().map(({ word }) => word)).toEqual(['one', 'two', 'two'])
})

test('what somebody calls a picture is no formula in a table', async () => {
  const { operations, session, asked, ended, dataDir, folder } = await startLaboratory()
  const row = await operations.create(await session(), 'Sample', asked('=HYPERLINK("http://x")'))
  expect(await ended(row)).toMatchObject({ status: 'COMPLETED' })
  const table = join(dataDir, 'laboratory', 'results', folder('results')[0] ?? '', 'words.csv')
  expect(readFileSync(table, 'utf8')).toBe(`word,size\r\n"'=HYPERLINK(""http://x"")",32\r\n`)
})

test('inputs that are at fault are so again at once, until the failed operation is deleted', async () => {
  const { operations, session, asked, ended, begun, database, bodyOf } = await startLaboratory()
  const annas = await session()
  const first = await operations.create(annas, 'Sample', asked('x', 'refuse'))
  expect(await ended(first)).toMatchObject({ status: 'FAILED', message: 'there is no door in it', output: null })
  const second = await operations.create(await session('ben'), 'Sample', asked('x', 'refuse'))
  expect(second).toMatchObject({ state: 'FAILED', message: 'there is no door in it', job: null })
  expect(begun()).toHaveLength(1)
  // Everybody sees jobs: what was wrong with it is its owner's.
  const job = await database.read.selectFrom('jobs').selectAll().executeTakeFirstOrThrow()
  expect(JSON.stringify(job)).not.toContain('no door')
  expect(JSON.parse(job.params_json)).toEqual({ operation: first.id, account: 'anna' })
  expect(await operations.remove(annas.id, [first.id])).toBe(1)
  expect(await bodyOf(second)).toMatchObject({ status: 'FAILED', message: 'there is no door in it' })
  const third = await operations.create(annas, 'Sample', asked('x', 'refuse'))
  expect(third.state).toBeNull()
  await ended(third)
  expect(begun()).toHaveLength(2)
})

test('what the machine is at fault for is tried again, and says so meanwhile', async () => {
  const { operations, session, asked, ended, go, bodyOf } = await startLaboratory()
  const row = await operations.create(await session(), 'Sample', asked('x', 'pass'))
  const text = await until(async () => {
    const { status, message } = await bodyOf(row)
    return status === 'PENDING' && message
  })
  expect(text).toBe('something is away; it is tried again')
  go()
  expect(await ended(row)).toMatchObject({ status: 'COMPLETED', message: '' })
})

test('cancelled while it waits or runs, or removed while it runs, nothing of it is left', async () => {
  const { operations, session, asked, ended, begun, folder, jobs, database } = await startLaboratory()
  const annas = await session()
  const running = await operations.create(annas, 'Sample', asked('runs', 'hold'))
  const waiting = await operations.create(annas, 'Sample', asked('waits', 'hold'))
  await until(() => begun().length === 1)
  await operations.cancel(waiting)
  expect(await ended(waiting)).toMatchObject({ status: 'FAILED', message: 'cancelled', output: null })
  await operations.cancel(running)
  expect(await ended(running)).toMatchObject({ status: 'FAILED', message: 'cancelled' })
  await expect(operations.cancel(await operations.get(annas.id, running.id))).rejects.toMatchObject({ status: 409 })
  const removed = await operations.create(annas, 'Sample', asked('removed', 'hold'))
  await until(() => begun().length === 2)
  expect(await operations.remove(annas.id)).toBe(3)
  await until(async () => (await jobs.get(removed.job ?? '')).state === 'cancelled')
  await until(() => folder('scratch').length === 0)
  expect(folder('results')).toEqual([])
  await expect(operations.get(annas.id, removed.id)).rejects.toMatchObject({ status: 404 })
  expect(await database.read.selectFrom('operation_results').select('id').execute()).toEqual([])
})

test('changed, it is done anew; the same again is nothing new', async () => {
  const { operations, session, asked, ended, begun } = await startLaboratory()
  const annas = await session()
  const row = await operations.create(annas, 'Sample', asked('one', 'hold'))
  await until(() => begun().length === 1)
  expect(await operations.change(row, 'Sample', asked('one', 'hold'))).toEqual(row)
  const changed = await operations.change(row, 'Sample', asked('two'))
  expect(changed).toMatchObject({ id: row.id, created_at: row.created_at })
  expect(await ended(row)).toMatchObject({ status: 'COMPLETED', output: { output_data: [{ word: 'two' }] } })
})

test('the process of an operation is killed, then its worker: it completes once', async () => {
  const { operations, session, asked, ended, begun, go, folder, workers } = await startLaboratory()
  const row = await operations.create(await session(), 'Sample', asked('x', 'hold'))
  await until(() => begun().length === 1)
  process.kill(begun()[0]?.pid ?? 0, 'SIGKILL')
  await until(() => begun().length === 2)
  process.kill(workers.list()[0]?.pid ?? 0, 'SIGKILL')
  await until(() => begun().length === 3)
  go()
  expect(await ended(row)).toMatchObject({ status: 'COMPLETED' })
  expect(folder('results')).toHaveLength(1)
  await until(() => folder('scratch').length === 0)
})

test('two workers of somebody else, twenty operations, each done once', { timeout: 120_000 }, async () => {
  const { operations, session, asked, ended, begun, folder, workers, startWorker } = await startLaboratory({
    own: false,
  })
  for (let i = 0; i < 2; i++) startWorker()
  await until(() => workers.count === 2)
  const annas = await session()
  const rows = []
  for (let i = 0; i < 20; i++) rows.push(await operations.create(annas, 'Sample', asked(`w${i}`)))
  for (const row of rows) expect(await ended(row)).toMatchObject({ status: 'COMPLETED' })
  expect(
    begun()
      .map(({ word }) => word)
      .sort(),
  ).toEqual(rows.map((_, i) => `w${i}`).sort())
  expect(folder('results')).toHaveLength(20)
})

test('results that nobody shows make room; what finds none is refused with what to do', async () => {
  const { operations, session, asked, ended, laboratory, folder } = await startLaboratory({ mostBytes: 7_000_000 })
  const annas = await session()
  const make = async (word: string) => ended(await operations.create(annas, 'Sample', asked(word, 'fill')))
  expect([await make('a'), await make('b')]).toMatchObject([{ status: 'COMPLETED' }, { status: 'COMPLETED' }])
  const full = await make('c')
  expect(full).toMatchObject({ status: 'FAILED', message: expect.stringContaining('AJAR_LABORATORY_BYTES') })
  // It is not at fault itself: asked for again when there is room it is done.
  const {
    rows: [first],
  } = await operations.page(annas.id, { limit: 1, offset: 0 })
  if (first) await operations.remove(annas.id, [first.id])
  expect(await laboratory.room.bytes()).toMatchObject({ most: 7_000_000, unshown: expect.any(Number) })
  expect(folder('results')).toHaveLength(2)
  expect(await make('c')).toMatchObject({ status: 'COMPLETED' })
  expect(folder('results')).toHaveLength(2)
})

test('where the disk has no room, no operation is taken', async () => {
  const { operations, session, asked } = await startLaboratory({ leastFreeBytes: Number.MAX_SAFE_INTEGER / 2 })
  await expect(operations.create(await session(), 'Sample', asked('x'))).rejects.toMatchObject({
    ...{ status: 507, message: expect.stringContaining('AJAR_RETAIN_BYTES') },
  })
})

test('a start sweeps what no row names, and says what became of results without files', async () => {
  const first = await startLaboratory()
  const annas = await first.session()
  const [kept, lost] = [
    await first.operations.create(annas, 'Sample', first.asked('kept')),
    await first.operations.create(annas, 'Sample', first.asked('lost')),
  ]
  for (const row of [kept, lost]) await first.ended(row)
  const { result } = await first.operations.get(annas.id, lost.id)
  await first.close()
  const at = (...names: string[]) => join(first.dataDir, 'laboratory', ...names)
  mkdirSync(at('results', '999'))
  mkdirSync(at('scratch', 'job.1'))
  rmSync(at('results', String(result)), { recursive: true })
  const { operations, bodyOf, folder, asked, ended } = await startLaboratory({ dataDir: first.dataDir })
  expect(folder('scratch')).toEqual([])
  expect(folder('results')).toHaveLength(1)
  expect(await bodyOf(kept)).toMatchObject({ status: 'COMPLETED' })
  expect(await bodyOf(lost)).toMatchObject({
    ...{ status: 'FAILED', output: null, message: expect.stringContaining('not part of backups') },
  })
  expect(await ended(await operations.create(annas, 'Sample', asked('lost')))).toMatchObject({ status: 'COMPLETED' })
})

test('what was made of frames goes when they are purged, by way of others too; jobs may go, operations stay', async () => {
  const { operations, session, asked, ended, bodyOf, database, laboratory, folder } = await startLaboratory()
  const annas = await session()
  const row = await operations.create(annas, 'Sample', asked('x'))
  await ended(row)
  const { result } = await operations.get(annas.id, row.id)
  const times = { first: 1000, last: 5000, times_json: '[1000,4000]' }
  const made = { result: result ?? 0, camera: 'pi/door', ...times }
  await database.write.insertInto('result_cameras').values(made).execute()
  const basename = (await bodyOf(row)).output?.output_files[0]?.basename ?? ''
  const next = await operations.create(annas, 'Sample', asked('y', 'make', basename, 'datalab'))
  await ended(next)
  await laboratory.forgetFrames(['pi/door'], { from: 1001, to: 5000 })
  await laboratory.forgetFrames(['pi/other'], { from: 0, to: 9000 })
  expect(await bodyOf(row)).toMatchObject({ status: 'COMPLETED' })
  await database.write.deleteFrom('jobs').execute()
  expect(await bodyOf(row)).toMatchObject({ status: 'COMPLETED' })
  await laboratory.forgetFrames(['pi/door'], { from: 5000, to: 5001 })
  const gone = { status: 'FAILED', output: null, message: 'frames that it was made of were purged' }
  expect([await bodyOf(row), await bodyOf(next)]).toMatchObject([gone, gone])
  expect(folder('results')).toEqual([])
  expect(await database.read.selectFrom('laboratory_files').select('basename').execute()).toEqual([])
})
