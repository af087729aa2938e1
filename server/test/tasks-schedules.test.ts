import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { Firing } from '../src/jobs/schedules/firing.ts'
import { Schedules } from '../src/jobs/schedules/schedules.ts'
import { mayRead } from '../src/jobs/whose.ts'
import { until } from './running-server.ts'
import { CAMERA, KINDS, startAutomatic, task } from './some-tasks.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** The summer ends in Berlin in the night from the second day to the third. */
const START = Date.UTC(2026, 9, 23, 12)
const NIGHTLY = { kind: 'task', camera: CAMERA, cron: '30 2 * * *', timezone: 'Europe/Berlin' }
const health = { kind: 'json', value: { hot_pixels: 3, noise: '12.5', sharpness: 40 } }

/** Tasks that are run by themselves, and schedules, with a clock that goes by hand. */
async function start({ folder, perform = () => health }: Partial<Parameters<typeof startAutomatic>[0]> = {}) {
  const clock = { now: START }
  const now = () => clock.now
  const world = await startAutomatic({ now, perform, ...(folder ? { folder } : {}) })
  const { database, jobs, automatic, said } = world
  await sql`insert or ignore into cameras (id, device, name, states_json, threshold, debounce, stale_after_ms, created_at)
    values (${CAMERA}, 'pi', 'door', '[]', 0.8, 3, 60000, 0)`.execute(database.write)
  const say = (_: unknown, text?: string) => void said.push(String(text))
  const firing = new Firing({ database, kinds: KINDS, jobs, log: { info: say, warn: say }, now })
  const schedules = new Schedules({
    ...{ database, kinds: KINDS, now, requireCamera: () => {}, onChanged: () => {} },
    check: automatic.checkScheduled,
  })
  return {
    ...world,
    ...{ clock, firing, schedules },
    create: (params: object, more: object = {}) =>
      schedules.create({ ...NIGHTLY, ...more, params: { ...params } }, 'ada'),
    /** Lets time go by, looks, and waits for the jobs. @returns all of them, the oldest first */
    async pass(ms: number) {
      clock.now += ms
      await firing.fireDue()
      jobs.wake() // nobody else tells it of the time
      return until(async () => {
        const all = (await jobs.list({ limit: 200 })).reverse()
        return all.every(({ finished_at }) => finished_at !== null) && all
      })
    },
  }
}

test('each night once, of the newest frame whose picture is there, and the readings have its time', async () => {
  const { create, pass, frame, readings, begun, lines, database } = await start()
  const { id } = await create({ task: 'camera_health' })
  await frame(START - 3)
  await frame(START - 2, { isKept: false })
  await frame(START - 1, { outcome: 'refused' })
  for (let hour = 0; hour < 12; hour++) await pass(HOUR)
  const nights = []
  for (let day = 1; day <= 4; day++) {
    for (let hour = 0; hour < 24; hour++) nights.push(await pass(HOUR))
    if (day === 2) await frame(START + 2 * DAY)
  }
  const jobs = nights.at(-1) ?? []
  const berlin = new Intl.DateTimeFormat('en-GB', {
    timeZone: NIGHTLY.timezone,
    timeStyle: 'short',
    dateStyle: 'short',
  })
  // The hour after half past two comes twice in one night.
  expect(jobs.map(({ created_at }) => berlin.format(created_at).slice(0, 10))).toEqual(
    [24, 25, 26, 27].map((day) => `${day}/10/2026`),
  )
  for (const job of jobs) expect(job).toMatchObject({ state: 'done', owner: 'ada', schedule: id, camera: CAMERA })
  expect(jobs.every((job) => mayRead({ account: 'vera', role: 'viewer' }, job))).toBe(true)
  const entry = (at: number) => ({ _imageURL: { source: 'archive', basename: `${CAMERA}/${at}` } })
  expect(begun).toEqual([START - 3, START - 3, START + 2 * DAY, START + 2 * DAY].map(entry))
  expect(await readings()).toEqual(
    [START - 3, START + 2 * DAY].flatMap((at) => [
      `pi/door-hot-pixels ${at} 3`,
      `pi/door-noise ${at} 12.5`,
      `pi/door-sharpness ${at} 40`,
    ]),
  )
  // The camera has taken no picture since the night before: nothing is made up.
  expect(await lines(jobs[0]?.id ?? '')).toContainEqual(
    expect.stringMatching(/^info: readings of pi at .*-noise 12\.5/),
  )
  expect(await lines(jobs[1]?.id ?? '')).toContainEqual(expect.stringMatching(/^info: there already are the readings/))
  expect(JSON.parse(jobs[0]?.result_json ?? '')).toEqual({
    readings: { 'door-hot-pixels': 3, 'door-noise': 12.5, 'door-sharpness': 40 },
    unwritten: [],
  })
  const runs = await database.read.selectFrom('task_runs').selectAll().execute()
  expect(new Set(runs.map(({ owner, camera, task }) => `${owner} ${camera} ${task}`))).toEqual(
    new Set([`schedule:${id} ${CAMERA} camera_health`]),
  )
})

test.each<[string, object, string, string | undefined]>([
  ['no such task', { task: 'dreaming' }, 'no_such_task', 'params.task'],
  ['a broken task', { task: 'broken' }, 'task_broken', undefined],
  ['no task', {}, 'bad_params', 'params'],
  ['a frame of one that sets it', { task: 'camera_health', frame: 'pi/door/1' }, 'bad_params', 'params.frame'],
  ['its picture', { task: 'camera_health', params: { _imageURL: 'x' } }, 'bad_params', 'params.params._imageURL'],
  ['two pictures', { task: 'two' }, 'bad_params', 'params.params.before'],
  ['no pointer', { task: 'camera_health', readings: { noise: 'noise' } }, 'bad_params', 'params.readings.noise'],
  [
    'no sensor',
    { task: 'camera_health', readings: { 'No Sensor': '/noise' } },
    'bad_params',
    'params.readings.No Sensor',
  ],
  ['too much', { task: 'camera_health', params: { a: 'x'.repeat(20_000) } }, 'bad_params', 'params.params'],
])('%s is refused when the schedule is made, and when it is changed', async (_, params, code, field) => {
  const { create, schedules, tasks } = await start()
  tasks.set('broken', { name: 'broken', source: 'broken.ts', isOperators: true, error: 'Unexpected token' })
  const picture = { isList: false, required: true }
  tasks.set('two', task('two', { pictures: ['before', 'after'].map((name) => ({ name, ...picture })) }))
  await expect(create(params)).rejects.toMatchObject({ code, ...(field ? { field } : {}) })
  const { id } = await create({ task: 'camera_health' })
  await expect(schedules.change(id, { params: { ...params } })).rejects.toMatchObject({ code })
})

test('two that would write the same sensor with another meaning are refused, or the later one writes nothing', async () => {
  const { create, schedules, automatic, pass, frame, tasks, readings, database, jobs } = await start()
  for (const name of ['noise', 'sharp']) tasks.set(name, task(name))
  const { id } = await create({ task: 'camera_health' })
  const taken = (sensor: string) => ({
    status: 409,
    code: 'sensor_taken',
    ...{ field: expect.stringMatching(/readings$/), message: expect.stringContaining(sensor) },
  })
  const trigger = (params: object) =>
    automatic.triggers.create({ camera: CAMERA, states: [], task: 'camera_health', ...params }, 'ada')
  // The same measure at other times is no other meaning; with other parameters it is.
  const same = await trigger({ task: 'camera_health', params: {} })
  await expect(trigger({ task: 'camera_health', params: { a: 1 } })).rejects.toMatchObject(taken('readings'))
  await expect(automatic.triggers.change(same.id, { params: { a: 1 } })).rejects.toMatchObject(taken('readings'))
  await automatic.triggers.change(same.id, { readings: { mine: '/noise' } })
  await expect(create({ task: 'noise', readings: { mine: '/noise' } })).rejects.toMatchObject(taken('mine'))
  await schedules.change(id, { params: { task: 'camera_health' } }) // itself is no other one
  await frame(START)
  await pass(DAY)
  // What it writes is known now.
  await expect(create({ task: 'noise', readings: { 'door-noise': '/noise' } })).rejects.toMatchObject(
    taken('door-noise'),
  )
  await automatic.triggers.remove(same.id)
  const { id: later } = await create({ task: 'sharp' })
  await frame(START + DAY)
  await pass(DAY)
  const sharp = (await jobs.list({ limit: 10 })).find(({ schedule }) => schedule === later)
  expect(JSON.parse(sharp?.result_json ?? '')).toEqual({
    readings: {},
    unwritten: ['door-hot-pixels', 'door-noise', 'door-sharpness'].map((sensor) =>
      expect.stringMatching(`^${sensor} was not written: the task camera_health writes that sensor`),
    ),
  })
  // Where nothing else writes it any more, it is there for whoever comes.
  await schedules.remove(id)
  await frame(START + 2 * DAY)
  await pass(DAY)
  expect(await readings()).toContain(`pi/door-noise ${START + 2 * DAY} 12.5`)
  const drivers = await database.read.selectFrom('sensors').select(['name', 'driver']).execute()
  expect(drivers).toContainEqual({ name: 'door-noise', driver: 'task sharp' })
})

test('a task that is gone or broken later fails its job and says so; the schedule stays, and others go on', async () => {
  const { create, pass, frame, tasks, lines, schedules } = await start()
  tasks.set('other', task('other'))
  for (const name of ['camera_health', 'other']) await create({ task: name })
  await frame(START)
  tasks.delete('camera_health')
  const first = await pass(DAY)
  const error = (of: typeof first) => of.map(({ error_json }) => error_json && JSON.parse(error_json))
  expect(first.map(({ state }) => state).sort()).toEqual(['done', 'failed'])
  expect(error(first)).toContainEqual({
    code: 'no_such_task',
    message: 'there is no task camera_health: GET /api/tasks lists them',
  })
  const broken = { name: 'camera_health', source: '', isOperators: false, error: 'Unexpected token' }
  tasks.set('camera_health', broken)
  expect(error(await pass(DAY))).toContainEqual({
    code: 'task_broken',
    message: 'the task camera_health is broken: Unexpected token',
  })
  tasks.set('camera_health', task('camera_health'))
  const last = await pass(DAY)
  expect(last.slice(-2).map(({ state }) => state)).toEqual(['done', 'done'])
  expect(await lines(last.at(-1)?.id ?? '')).toContainEqual(`info: its picture is the frame ${CAMERA}/${START}`)
  expect((await schedules.list()).every(({ next_at }) => next_at !== null)).toBe(true)
})

test('a task is given the picture that it takes: one, a list, or none', async () => {
  const { create, pass, frame, tasks, begun, database, readings } = await start()
  tasks.set('list', task('list', { pictures: [{ name: 'frames', isList: true, required: true }] }))
  tasks.set('none', task('none', { pictures: [] }))
  tasks.set(
    'both',
    task('both', { pictures: ['_imageURL', 'dark'].map((name) => ({ name, isList: false, required: true })) }),
  )
  const dark = { source: 'archive', basename: `${CAMERA}/5` }
  await create({ task: 'none', params: { depth: 2 }, readings: { depth: '/noise' } })
  const [job] = await pass(DAY)
  expect(begun.splice(0)).toEqual([{ depth: 2 }])
  // It looks at no frame: what it says is of when it was run.
  const run = await database.read.selectFrom('task_runs').selectAll().executeTakeFirstOrThrow()
  expect(await readings()).toEqual([`pi/depth ${run.created_at} 12.5`])
  expect(job?.state).toBe('done')
  await frame(START)
  await create({ task: 'list' }, { cron: '0 12 * * *' })
  await create({ task: 'both', params: { dark } }, { cron: '0 13 * * *' })
  await pass(DAY)
  await pass(HOUR)
  const entry = { source: 'archive', basename: `${CAMERA}/${START}` }
  expect(begun).toContainEqual({ frames: [entry] })
  expect(begun).toContainEqual({ dark, _imageURL: entry })
  expect(await readings()).toContain(`pi/door-noise ${START} 12.5`)
})

test('without a picture there is nothing to look at, which the job says', async () => {
  const { create, pass, database } = await start()
  await create({ task: 'camera_health' })
  const [job] = await pass(DAY)
  expect(JSON.parse(job?.error_json ?? '')).toEqual({
    code: 'no_frame',
    message: `no picture of ${CAMERA} is kept: a task needs one to look at`,
  })
  expect(await database.read.selectFrom('task_runs').selectAll().execute()).toEqual([])
})

test('a run that is done again looks at the frame that it began with, and changes nothing', async () => {
  let runs = 0
  const perform = async () => {
    runs += 1
    if (runs === 2) throw Object.assign(new Error('the disk was full'), { fault: 'environment' })
    return health
  }
  const { create, pass, frame, readings, begun, clock, firing, jobs, database } = await start({ perform })
  await create({ task: 'camera_health' })
  await frame(START)
  await pass(DAY)
  await frame(START + DAY)
  clock.now += DAY
  await firing.fireDue()
  const put = await until(async () => (await jobs.list({ states: ['queued'], limit: 1 }))[0]?.run_at)
  await frame(START + 2 * DAY)
  await pass(put - clock.now)
  expect(begun.map(({ _imageURL }) => (_imageURL as { basename: string }).basename)).toEqual(
    [START, START + DAY, START + DAY].map((at) => `${CAMERA}/${at}`),
  )
  const before = await readings()
  expect(before).toHaveLength(6)
  // Killed after the readings were stored and before the job was: all of it is done again.
  await database.write.updateTable('jobs').set({ state: 'queued', finished_at: null }).execute()
  await pass(1)
  expect(await readings()).toEqual(before)
})

test('it waits while as many jobs of the laboratory wait as may, and not for others', async () => {
  const { create, jobs, database, clock, firing, said } = await start()
  await create({ task: 'camera_health' })
  const later = { runAt: START + 30 * DAY }
  for (let i = 0; i < 100; i++) await jobs.create('operation', null, {}, later)
  clock.now += DAY
  await firing.fireDue()
  expect(said).toEqual(['a scheduled task waits: too many jobs wait already'])
  await database.write.updateTable('jobs').set({ kind: 'training' }).execute()
  await firing.fireDue()
  expect(said.at(-1)).toBe('a scheduled task was asked for')
})
