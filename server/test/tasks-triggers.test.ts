import { sql } from 'kysely'
import { expect, onTestFinished, test } from 'vitest'
import { renameRows } from '../src/database/camera-rows.ts'
import { Events } from '../src/database/events.ts'
import { Jobs } from '../src/jobs/jobs.ts'
import { createLog } from '../src/logging/logging.ts'
import { openAutomatic } from '../src/tasks/open-automatic.ts'
import { CAMERA, Recording } from './recording.ts'
import { until } from './running-server.ts'
import { KINDS, task } from './some-tasks.ts'

const idle = async () => ({})

/** The recorder on a real database, with triggers, and jobs that are asked for and wait. */
async function start({ debounce = 1, isRehearsal = false } = {}) {
  const said: string[] = []
  const outcomes: string[] = []
  const say = (_: unknown, text?: string) => void said.push(String(text))
  const woken = { times: 0 }
  let automatic: ReturnType<typeof openAutomatic>
  const recording = await Recording.start(onTestFinished, {
    followUp: async (...transition) => (await automatic.followUp?.(...transition)) ?? (() => {}),
  })
  recording.debounce = debounce
  const { database } = recording
  const log = createLog('silent')
  const real = new Jobs({
    ...{ database, events: new Events(), kinds: KINDS, handlers: KINDS.map(({ name }) => ({ kind: name, run: idle })) },
    ...{ canBegin: () => false, logOf: () => log, clean: (text) => text, now: () => Date.now(), random: () => 0 },
  })
  await real.start()
  onTestFinished(() => real.close())
  const jobs: Pick<Jobs, 'add' | 'isFull' | 'wake'> = {
    add: (...job) => real.add(...job),
    isFull: (...of) => real.isFull(...of),
    wake: () => void woken.times++,
  }
  automatic = openAutomatic({
    ...{ database, jobs: () => jobs, log: { info: say, warn: say }, isRehearsal },
    archive: { described: async () => [] },
    cameras: { find: (id) => (id === CAMERA ? ({ id, states: ['A', 'B'] } as never) : null) },
    findTask: async (name) => (name === 'camera_health' ? task(name) : undefined),
    checkParams: async () => {},
    checkPictures: async () => {},
    takeReading: async ({ device, sensor, time }) => {
      return { kind: 'stored', frame: { camera: `${device}/${sensor}`, capturedAt: Number(time) } }
    },
    onTriggered: (outcome) => outcomes.push(outcome),
  })
  const { triggers } = automatic
  const make = (more: object = {}) =>
    triggers.create({ camera: CAMERA, states: ['B'], task: 'camera_health', ...more }, 'ada')
  return {
    ...{ recording, database, real, automatic, triggers, make, said, outcomes, woken },
    asked: async () =>
      (await real.list({ limit: 500 })).reverse().map((job) => ({ ...job, ...JSON.parse(job.params_json) })),
  }
}

test('a transition makes one job, with its frame, when the camera comes to one of the states', async () => {
  const { recording, make, asked, triggers, woken, outcomes } = await start({ debounce: 2 })
  const { id } = await make({ params: { threshold: 5 }, readings: { 'door-hot': '/hot' } })
  await make({ states: ['unknown'] })
  const paused = await make()
  await triggers.change(paused.id, { paused: true })
  await recording.see(Array.from('AABBBAA', (state, i) => [1000 * (i + 1), state]))
  expect(await recording.history()).toEqual(['1000:unknown>A', '3000:A>B', '6000:B>A'])
  const [job, ...more] = await asked()
  expect(more).toEqual([])
  expect(job).toMatchObject({ kind: 'task', camera: CAMERA, owner: 'ada', state: 'queued', schedule: null })
  expect(JSON.parse(job?.params_json ?? '')).toEqual({
    ...{ task: 'camera_health', params: { threshold: 5 }, readings: { 'door-hot': '/hot' } },
    ...{ frame: `${CAMERA}/4000`, trigger: id },
  })
  expect(job?.once_key).toBe(`trigger:${id}@${CAMERA}/3000`)
  expect((await triggers.get(id)).last_job).toBe(job?.id)
  expect(woken.times).toBe(1)
  expect(outcomes).toEqual(['asked'])
  // The same frames again, as after a crash: nothing new.
  await recording.see([
    [4000, 'B'],
    [7000, 'A'],
  ])
  expect(await asked()).toHaveLength(1)
})

test('what is written again of the same transition asks for nothing again, and is no fault', async () => {
  const { recording, make, asked, automatic, database, said } = await start()
  await make()
  await recording.see([
    [1000, 'A'],
    [2000, 'B'],
  ])
  const [transition] = recording.transitions.slice(-1)
  if (!transition) throw new Error('there is no transition')
  const told = await database.write
    .transaction()
    .execute(async (transaction) => await automatic.followUp?.(transaction, CAMERA, transition))
  told?.()
  expect(await asked()).toHaveLength(1)
  expect(said).toEqual(['a task was asked for by a transition'])
})

test('no states are any, and when frames stop there is no frame to look at but the newest', async () => {
  const { recording, make, asked } = await start()
  const { id } = await make({ states: [] })
  await recording.see([[1_000_000, 'A']])
  recording.now += 2 * recording.staleAfterMs
  await recording.recorder.sweep()
  expect(recording.state.state).toBe('unknown')
  const jobs = await asked()
  expect(jobs.map(({ frame, trigger }) => ({ frame, trigger }))).toEqual([
    { frame: `${CAMERA}/1000000`, trigger: id },
    { frame: undefined, trigger: id },
  ])
})

test('there is a job or there is no transition: a disk that refuses one refuses both', async () => {
  const { recording, make, asked, outcomes } = await start()
  const { id } = await make()
  await recording.see([[1000, 'A']])
  await recording.fill(true)
  const seen = recording.see(Array.from({ length: 200 }, (_, i) => [2000 + i, i < 100 ? 'A' : 'B']))
  await until(() => recording.held.some((why) => why !== null))
  expect(await asked()).toEqual([])
  expect(await recording.history()).toEqual(['1000:unknown>A'])
  await recording.fill(false)
  await seen
  expect(await recording.history()).toEqual(['1000:unknown>A', '2100:A>B'])
  expect((await asked()).map(({ once_key }) => once_key)).toEqual([`trigger:${id}@${CAMERA}/2100`])
  expect(outcomes).toEqual(['asked'])
})

test('what late frames tell of the past makes no job', async () => {
  const { recording, make, asked } = await start()
  await make({ states: [] })
  await recording.see([[1000, 'A']])
  await recording.see([[9000, 'A']])
  const before = await asked()
  expect(before).toHaveLength(1)
  await recording.see([
    [3000, 'B'],
    [5000, 'A'],
    [7000, 'B'],
  ])
  recording.now += 10_000
  await recording.recorder.sweep()
  expect(await recording.history()).toEqual(['1000:unknown>A', '3000:A>B', '5000:B>A', '7000:A>B', '9000:B>A'])
  expect(await asked()).toEqual(before)
})

test('a door that flaps has ten jobs wait; all else is recorded, counted, and said once', async () => {
  const { recording, make, asked, outcomes, said, real, database, triggers } = await start()
  const { id } = await make()
  const other = await make({ states: ['A'] })
  await triggers.change(other.id, { paused: true })
  const flaps = (from: number, count: number) =>
    Array.from({ length: count }, (_, i): [number, string] => [from + i * 1000, i % 2 === 0 ? 'A' : 'B'])
  await recording.see(flaps(1000, 100))
  expect(await recording.count('transitions')).toBe(100)
  expect(await recording.count('results')).toBe(100)
  const jobs = await asked()
  expect(jobs).toHaveLength(10)
  expect(outcomes.filter((one) => one === 'asked')).toHaveLength(10)
  expect(outcomes.filter((one) => one === 'left_out')).toHaveLength(40)
  expect(said.filter((text) => text.startsWith('a task was not run'))).toEqual([
    'a task was not run on a transition: 10 jobs of this trigger wait already',
  ])
  expect(recording.faults).toEqual([])
  // Another trigger of the same camera has ten of its own; one that ended makes room for one.
  await triggers.change(other.id, { paused: false })
  await real.cancel(jobs[0]?.id ?? '')
  await recording.see(flaps(200_000, 4))
  const trigger = (of: Awaited<ReturnType<typeof asked>>, name: string) =>
    of.filter((job) => job.trigger === name).length
  expect(trigger(await asked(), id)).toBe(11)
  expect(trigger(await asked(), other.id)).toBe(2)
  // And all of them together have as many as the laboratory.
  await database.write.updateTable('jobs').set({ once_key: null }).execute()
  for (let i = 0; i < 100; i++) await real.add(database.write, 'operation', null, {})
  const before = (await asked()).length
  await recording.see(flaps(300_000, 10))
  expect(await asked()).toHaveLength(before)
  expect(recording.state.state).toBe('B')
})

test('a fault of ours in triggers costs the job, and not the transition', async () => {
  const { recording, make, asked, database, said, outcomes } = await start()
  await make()
  await sql`alter table task_triggers rename to elsewhere`.execute(database.write)
  await recording.see([
    [1000, 'A'],
    [2000, 'B'],
  ])
  expect(await recording.history()).toEqual(['1000:unknown>A', '2000:A>B'])
  expect(recording.faults).toEqual([])
  expect(await asked()).toEqual([])
  expect(said).toEqual([expect.stringContaining('tasks cannot be run on a transition')])
  expect(outcomes).toContain('left_out')
})

test('a rehearsal asks for nothing', async () => {
  const { recording, make, asked } = await start({ isRehearsal: true })
  await make({ states: [] })
  await recording.see([[1000, 'A']])
  expect(await recording.history()).toHaveLength(1)
  expect(await asked()).toEqual([])
})

test('of a camera that is being renamed none is asked for; then it goes by the new name', async () => {
  const { recording, make, asked, database, triggers, said } = await start()
  const { id } = await make({ states: [] })
  const intent = { from_camera: CAMERA, to_camera: 'pi/gate', author: 'ada', at: 1 }
  await database.write.insertInto('camera_renames').values(intent).execute()
  await recording.see([[1000, 'A']])
  expect(await asked()).toEqual([])
  expect(said).toEqual(['a task was not run on a transition: its camera is being renamed'])
  await renameRows(database.write, CAMERA, 'pi/gate')
  expect(await triggers.get(id)).toMatchObject({ camera: 'pi/gate' })
  await recording.see([[2000, 'B']])
  expect(await asked()).toEqual([])
})

test.each<[string, object, string, string | undefined]>([
  ['a camera that is none', { camera: 'pi/nobody' }, 'not_found', undefined],
  ['a state that it has not', { states: ['A', 'ajar'] }, 'unknown_state', 'states'],
  ['no such task', { task: 'dreaming' }, 'no_such_task', 'task'],
  ['its picture', { params: { _imageURL: 'x' } }, 'bad_params', 'params._imageURL'],
  ['no pointer', { readings: { noise: 'noise' } }, 'bad_params', 'readings.noise'],
])('%s is refused', async (_, more, code, field) => {
  const { make, triggers } = await start()
  await expect(make(more)).rejects.toMatchObject({ code, ...(field ? { field } : {}) })
  expect(await triggers.list()).toEqual([])
})

test('no more than two hundred', async () => {
  const { make, triggers } = await start()
  const made = []
  for (let i = 0; i < 200; i++) made.push(await make())
  await expect(make()).rejects.toMatchObject({ code: 'too_many_triggers' })
  await triggers.remove(made[0]?.id ?? '')
  await make({ states: ['unknown'] })
  await expect(triggers.remove('nobody')).rejects.toMatchObject({ code: 'not_found' })
  expect(await triggers.list('pi/other')).toEqual([])
})
