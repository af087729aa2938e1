import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { jobFor } from '../src/jobs/whose.ts'
import { until } from './running-server.ts'
import { type FakeRun, GOOD, line, startPrograms } from './some-programs.ts'

const WELL = { status: 0, isSuccess: true }

/** Says how it is told to, and runs until the test ends it. */
function untilEnded() {
  const begun: { name: string; end(outcome?: object): void; tell(text: string): Promise<void> }[] = []
  const run: FakeRun = ({ request }, tell, signal) =>
    new Promise((resolve, reject) => {
      const end = (outcome: object = WELL) => resolve(outcome)
      begun.push({ name: request.name, end, tell: (text) => tell([line(text)]) })
      signal.addEventListener('abort', () => reject(Object.assign(new Error('cancelled'), { code: 'cancelled' })))
    })
  const nth = (at: number) => until(() => begun[at])
  return { run, begun, nth }
}

test('a run is read by a cursor as it goes on, again and again the same, and its end comes with its last message', async () => {
  const { run, nth } = untilEnded()
  const { begin, read, ended } = await startPrograms({ run })
  const id = await begin('a')
  expect(await read(id)).toEqual({ messages: [], status: 0, completed: false, message: 'PENDING' })
  const { tell, end } = await nth(0)
  await tell('one')
  await tell('two')
  await until(async () => (await read(id)).messages.length === 2)
  expect(await read(id, 1)).toEqual({ messages: [line('two')], status: 0, completed: false, message: 'PENDING' })
  expect((await read(id, 0)).messages).toEqual([line('one'), line('two')])
  await tell('three')
  end({ status: 3, isSuccess: false })
  const all = { messages: ['one', 'two', 'three'].map(line), status: 3, completed: true, message: 'FAILURE' }
  expect(await ended(id)).toEqual(all)
  expect(await read(id, 3)).toEqual({ ...all, messages: [] })
  expect(await read(id, 99)).toEqual({ ...all, messages: [] })
  expect(await read(id, -5)).toEqual(all)
})

test('what a case of a lab says has its number, and the rest has none', async () => {
  const said = [{ type: 'stdout', data: 'x', ref: '0' } as const, { type: 'lab', data: '{}' } as const]
  const { begin, ended } = await startPrograms({
    run: async (_, tell) => {
      await tell(said)
      return WELL
    },
  })
  expect(await ended(await begin('a'))).toEqual({ messages: said, status: 0, completed: true, message: 'SUCCESS' })
})

test('one answer holds five thousand messages, and it has not ended for a reader before he has all', async () => {
  const { begin, read, ended } = await startPrograms({
    run: async (_, tell) => {
      for (let i = 0; i < 12; i++) await tell(Array.from({ length: 1000 }, (_, j) => line(`${i * 1000 + j}`)))
      return WELL
    },
  })
  const id = await begin('a')
  const read0 = await until(async () => {
    const found = await read(id, 10_000)
    return found.completed && found
  })
  expect(read0.messages).toHaveLength(2000)
  const [first, second] = [await read(id, 0), await read(id, 5000)]
  expect([first, second].map(({ messages, completed, message }) => [messages.length, completed, message])).toEqual([
    [5000, false, 'PENDING'],
    [5000, false, 'PENDING'],
  ])
  expect([...first.messages, ...second.messages, ...read0.messages].map(({ data }) => Number(data))).toEqual(
    Array.from({ length: 12_000 }, (_, i) => i),
  )
  void ended
})

test('who waits for more of a run is told when there is more, when it has ended, and when he is not waiting any more', async () => {
  const { run, nth } = untilEnded()
  const { begin, ended, programs } = await startPrograms({ run })
  const { runs } = programs
  const { signal } = new AbortController()
  const id = await begin('a')
  const { tell, end } = await nth(0)
  const first = runs.changed(id, 0, signal)
  await tell('one')
  await first
  await runs.changed(id, 0, signal) // it is there already
  const impatient = new AbortController()
  const second = runs.changed(id, 1, impatient.signal)
  impatient.abort()
  await second
  const third = runs.changed(id, 1, signal)
  end()
  await third
  await ended(id)
  await runs.changed(id, 1, signal)
  await runs.changed('no-such-run', 0, signal)
})

test('a run is read by its owner and by admins; without a token by whoever has its id, if it was made without one', async () => {
  const { begin, programs } = await startPrograms({ run: async () => WELL })
  const [own, open] = [await begin('a'), await begin('address:192.0.2.1')]
  const may = async (id: string, account: string, isAdmin = false) =>
    (await programs.runs.read({ account, isAdmin }, id, 0)) !== null
  expect(await may(own, 'a')).toBe(true)
  expect(await may(own, 'b')).toBe(false)
  expect(await may(own, 'address:192.0.2.1')).toBe(false)
  expect(await may(own, 'b', true)).toBe(true)
  expect(await may(open, 'address:192.0.2.7')).toBe(true)
  expect(await may(open, 'b')).toBe(false)
  expect(await programs.runs.cancel({ account: 'b', isAdmin: false }, own)).toBe(false)
})

test('one account has so many that wait or run, and all together so many that wait: more are told that it is busy', async () => {
  const { run, nth } = untilEnded()
  const environment = { AJAR_PROGRAMS_AT_ONCE: '1', AJAR_PROGRAMS_PER_USER: '2', AJAR_PROGRAMS_WAITING: '3' }
  const { begin, add, ended } = await startPrograms({ run, environment })
  const first = await begin('a')
  const { end } = await nth(0)
  await begin('a')
  expect(await add('a')).toEqual({ refused: expect.stringContaining('2 of your programs wait or run already') })
  await begin('b')
  await begin('b')
  expect(await add('c')).toEqual({ refused: expect.stringContaining('3 programs wait already') })
  end()
  await ended(first)
  await nth(1)
  await begin('c')
})

test('those without a token fill half of the queue at most, from however many addresses', async () => {
  const { run, nth } = untilEnded()
  const environment = { AJAR_PROGRAMS_AT_ONCE: '1', AJAR_PROGRAMS_WAITING: '4' }
  const { begin, add } = await startPrograms({ run, environment })
  await begin('a')
  await nth(0)
  await begin('address:10.0.0.1')
  await begin('address:10.0.0.2')
  expect(await add('address:10.0.0.3')).toEqual({ refused: expect.stringContaining('2 programs wait already') })
  await begin('a')
  await begin('person:address:1')
  expect(await add('a')).toEqual({ refused: expect.stringContaining('4 programs wait already') })
})

test('what is to be run is kept as long as a run has not ended; its job goes with it, and tells others nothing', async () => {
  const { run, nth } = untilEnded()
  const { begin, ended, database, programs, jobs } = await startPrograms({ run })
  const id = await begin('person:ada', { name: 'a secret name' })
  const { end } = await nth(0)
  const requests = () => database.read.selectFrom('program_requests').select('run').execute()
  expect(await requests()).toEqual([{ run: id }])
  end({ status: 77, isSuccess: false })
  await ended(id)
  expect(await requests()).toEqual([])
  const [job] = await until(async () => {
    const found = await jobs.list({ kind: 'program', states: ['done'], limit: 9 })
    return found.length > 0 && found
  })
  if (!job) throw new Error('there is no job')
  const shown = JSON.stringify(jobFor({ tokenId: 'b', name: 'bob', account: 'person:bob', role: 'viewer' }, job))
  for (const secret of ['secret', 'person:ada', '77', id]) expect(shown).not.toContain(secret)
  expect(await jobs.lines(job.id)).not.toEqual([])
  await programs.runs.remove([id])
  await expect(jobs.get(job.id)).rejects.toMatchObject({ status: 404 })
  expect(await database.read.selectFrom('job_lines').select('job').execute()).toEqual([])
  expect(await programs.runs.read({ account: '', isAdmin: true }, id, 0)).toBeNull()
})

test('a job that has not ended stays, whatever becomes of its run', async () => {
  const { run, nth } = untilEnded()
  const { begin, programs, jobs } = await startPrograms({ run })
  const id = await begin('a')
  const { end } = await nth(0)
  await programs.runs.remove([id])
  expect(await jobs.list({ kind: 'program', limit: 9 })).toHaveLength(1)
  end()
})

test('one answer holds a quarter of a megabyte, and one message however long that is', async () => {
  const texts = ['x'.repeat(300_000), ...Array.from({ length: 30 }, () => '\u20ac'.repeat(10_000)), 'last']
  const { begin, read } = await startPrograms({
    run: async (_, tell) => {
      for (const text of texts) await tell([line(text)])
      return WELL
    },
  })
  const id = await begin('a')
  await until(async () => (await read(id, texts.length)).completed)
  const counts: number[] = []
  const had: string[] = []
  for (let completed = false; !completed; ) {
    const answer = await read(id, had.length)
    had.push(...answer.messages.map(({ data }) => data))
    counts.push(answer.messages.length)
    completed = answer.completed
  }
  expect(had).toEqual(texts)
  expect(counts).toEqual([1, 9, 9, 9, 4])
})

test('what of one run cannot be written takes nothing along of others, and it has failed', async () => {
  const { run, nth, begun } = untilEnded()
  const { begin, ended, read, database, programs } = await startPrograms({ run })
  const [bad, good] = [await begin('a', { name: 'bad' }), await begin('b', { name: 'good' })]
  await nth(1)
  const of = (name: string) => begun.find((each) => each.name === name)
  // As a message is that no column takes.
  await sql`create trigger refuse before insert on program_messages when new.data = 'poison'
    begin select raise(abort, 'not this one'); end`.execute(database.write)
  void of('bad')?.tell('poison')
  await of('good')?.tell('well')
  const end = programs.runs.end(bad, { isSuccess: true, status: 0, messages: [line('poison')] })
  of('good')?.end()
  await expect(end).rejects.toThrow(/not this one/)
  expect(await ended(good)).toMatchObject({ messages: [line('well')], message: 'SUCCESS' })
  expect(await read(bad)).toMatchObject({ completed: false })
})

test('accounts take turns', async () => {
  const { run, begun, nth } = untilEnded()
  const { begin } = await startPrograms({ run, environment: { AJAR_PROGRAMS_AT_ONCE: '1' } })
  for (const name of ['a1', 'a2', 'a3']) await begin('a', { name })
  for (const name of ['b1', 'b2']) await begin('b', { name })
  for (let i = 0; i < 5; i++) (await nth(i)).end()
  expect(begun.map(({ name }) => name)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3'])
})

test('one that runs is ended by who asked for it, one that waits does not begin; what has ended stays as it is', async () => {
  const { run, begun, nth } = untilEnded()
  const { begin, ended, programs, jobs } = await startPrograms({ run, environment: { AJAR_PROGRAMS_AT_ONCE: '1' } })
  const [running, waiting] = [await begin('a'), await begin('a')]
  await nth(0)
  const me = { account: 'a', isAdmin: false }
  expect(await programs.runs.cancel(me, waiting)).toBe(true)
  const stopped = { status: 130, message: 'FAILURE', messages: [{ type: 'internal_error', data: 'it was stopped' }] }
  expect(await ended(waiting)).toMatchObject(stopped)
  expect(await programs.runs.cancel(me, running)).toBe(true)
  expect(await ended(running)).toMatchObject(stopped)
  expect(await programs.runs.cancel(me, running)).toBe(true)
  expect(await ended(running)).toMatchObject(stopped)
  expect(begun).toHaveLength(1)
  expect(await settled(jobs)).toEqual(['cancelled', 'cancelled'])
  const next = await begin('a')
  ;(await nth(1)).end()
  expect(await ended(next)).toMatchObject({ message: 'SUCCESS' })
})

test('a job of a run that an operator cancels before it begins leaves no run that waits for ever', async () => {
  const { run, nth } = untilEnded()
  const started = await startPrograms({ run, environment: { AJAR_PROGRAMS_AT_ONCE: '1' } })
  const { begin, jobs, database, dataDir } = started
  await begin('a')
  await nth(0)
  const waiting = await begin('a')
  const { job } = await database.read
    .selectFrom('program_runs')
    .select('job')
    .where('id', '=', waiting)
    .executeTakeFirstOrThrow()
  await jobs.cancel(job)
  await started.close()
  const again = await startPrograms({ run, folder: dataDir })
  const text = 'it was taken off the queue by whoever runs this server: run it again'
  expect(await again.ended(waiting)).toMatchObject({ message: 'FAILURE', messages: [{ data: text }] })
})

test('a worker that is lost is told as such, once; the queue goes on', async () => {
  const { run, begun, nth } = untilEnded()
  const { begin, ended, jobs } = await startPrograms({ run, environment: { AJAR_PROGRAMS_AT_ONCE: '1' } })
  const [lost, next] = [await begin('a'), await begin('a')]
  const { tell, end } = await nth(0)
  await tell('before')
  end(Promise.reject(Object.assign(new Error('the programs worker ended'), { code: 'worker_lost' })))
  const why = { type: 'internal_error', data: 'the worker that ran it ended: run it again' }
  expect(await ended(lost)).toMatchObject({ status: 1, message: 'FAILURE', messages: [line('before'), why] })
  ;(await nth(1)).end()
  expect(await ended(next)).toMatchObject({ message: 'SUCCESS' })
  expect(begun).toHaveLength(2)
  expect(await settled(jobs)).toEqual(['done', 'failed'])
})

/** How jobs ended, the newest first; a run is over a moment before its job is. */
async function settled(jobs: Awaited<ReturnType<typeof startPrograms>>['jobs']): Promise<string[]> {
  return until(async () => {
    const states = (await jobs.list({ kind: 'program', limit: 10 })).map(({ state }) => state)
    return !states.some((state) => state === 'queued' || state === 'running') && states
  })
}

test('what was running when the server ended has failed after its next start; what waited runs', async () => {
  const { run, nth } = untilEnded()
  const environment = { AJAR_PROGRAMS_AT_ONCE: '1' }
  const first = await startPrograms({ run, environment })
  const [running, waiting] = [await first.begin('a'), await first.begin('a')]
  await (await nth(0)).tell('before')
  await until(async () => (await first.read(running)).messages.length === 1)
  await first.close()
  // As if it had been killed: nobody could say so.
  await using(first.dataDir, running)
  const { dataDir: folder } = first
  const second = await startPrograms({ folder, environment, run: async () => WELL })
  expect(await second.ended(running)).toMatchObject({
    message: 'FAILURE',
    messages: [line('before'), { type: 'internal_error', data: expect.stringContaining('run it again') }],
  })
  expect(await second.ended(waiting)).toMatchObject({ message: 'SUCCESS' })
})

async function using(folder: string, run: string) {
  const { openStateDatabase } = await import('../src/database/state-database.ts')
  const database = await openStateDatabase(folder)
  await database.write
    .updateTable('program_runs')
    .set({ state: 'RUNNING', status: null, finished_at: null })
    .where('id', '=', run)
    .execute()
  await database.write.deleteFrom('program_messages').where('type', '=', 'internal_error').execute()
  await database.write
    .updateTable('jobs')
    .set({ state: 'running', starts: 1 })
    .where('id', 'in', ({ selectFrom }) => selectFrom('program_runs').select('job').where('id', '=', run))
    .execute()
  await database.close()
}

test('where boxes do not hold nothing is taken, and it is said why and how that is mended; mended, it is', async () => {
  const bad = { ...GOOD, failed: [{ what: 'bubblewrap is not installed', mend: 'apt-get install bubblewrap' }] }
  let report: typeof GOOD = bad
  const { add, programs, connect, begin, ended } = await startPrograms({
    run: async () => WELL,
    report: async () => report,
  })
  expect(await add('a')).toEqual({ refused: expect.stringMatching(/bubblewrap is not installed: apt-get install/) })
  expect(await programs.languages()).toMatchObject({ available: false, reason: expect.stringMatching('bubblewrap') })
  expect(programs.health).toMatchObject({ name: 'programs', level: 'warn', text: expect.stringMatching('apt-get') })
  report = GOOD
  connect()
  await until(() => programs.health.level === 'ok')
  expect(await ended(await begin('a'))).toMatchObject({ message: 'SUCCESS' })
  expect(await programs.languages()).toMatchObject({ available: true, reason: null, languages: [{ name: 'shell' }] })
})

test('where they are the user of whoever starts them programs run, and health warns of it', async () => {
  const weak = [{ what: 'there is no other user', mend: 'apt-get install uidmap' }]
  const { begin, ended, programs } = await startPrograms({
    run: async () => WELL,
    report: async () => ({ ...GOOD, weak }),
  })
  expect(await ended(await begin('a'))).toMatchObject({ message: 'SUCCESS' })
  expect(programs.health).toMatchObject({
    level: 'warn',
    text: expect.stringMatching(/no other user: apt-get install/),
  })
})

test('switched off, nothing is taken, and what waited is told so', async () => {
  const { run, nth } = untilEnded()
  const first = await startPrograms({ run, environment: { AJAR_PROGRAMS_AT_ONCE: '1' } })
  await first.begin('a')
  await nth(0)
  const waiting = await first.begin('a')
  await first.close()
  const second = await startPrograms({ folder: first.dataDir, run, environment: { AJAR_PROGRAMS: '0' } })
  const text = expect.stringContaining('switched off')
  expect(await second.ended(waiting)).toMatchObject({ message: 'FAILURE', messages: [{ data: text }] })
  expect(await second.add('a')).toEqual({ refused: text })
  expect(second.programs.health).toMatchObject({ level: 'ok', text })
})

test('a worker that others start and that is not there: nothing is taken, and what waits begins when it comes', async () => {
  let isThere = true
  const { run, begun, nth } = untilEnded()
  const { add, begin, connect, ended } = await startPrograms({
    ...{ run, isReady: () => isThere },
    environment: { AJAR_PROGRAMS_WORKER: 'external', AJAR_PROGRAMS_AT_ONCE: '1' },
  })
  const first = await begin('a')
  const waiting = await begin('a')
  const { end } = await nth(0)
  isThere = false
  end()
  await ended(first)
  expect(await add('a')).toEqual({ refused: expect.stringContaining('systemctl start ajar-programs') })
  expect(begun).toHaveLength(1)
  isThere = true
  connect()
  ;(await nth(1)).end()
  expect(await ended(waiting)).toMatchObject({ message: 'SUCCESS' })
})
