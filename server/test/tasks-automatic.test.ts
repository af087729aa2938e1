import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { needsProgram } from '../../test/setup/needs.ts'
import { Influxd } from './influxd.ts'
import { door, jobEnded } from './lesson.ts'
import { ADMIN_TOKEN, type Answer, RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Tasks that are run by themselves, from a frame to what dashboards and alerts see: all parts are real. */

const DATABASE = 'ajar'
const CAMERA = 'pi/door'
let server: RunningServer
let influxd: Influxd
let tasks: string
beforeEach((context) => needsProgram('influxd', 'influxdb', context))
beforeAll(async () => {
  influxd = await Influxd.start(afterFile)
  tasks = join(await temporaryFolder(afterFile), 'tasks')
  await mkdir(tasks)
  const url = `http://127.0.0.1:${influxd.port}/${DATABASE}`
  server = await RunningServer.start(afterFile, { AJAR_INFLUX_URL: url, AJAR_TASKS_DIR: tasks })
  await server.call('POST', '/api/devices', { name: 'pi' })
})

const post = async (path: string, body: object) => {
  const answer = await server.call('POST', path, body)
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return answer.body
}

/** Has a task run in a moment. @returns its job once it has ended */
async function soon(params: object, camera = CAMERA, delayMs = 1500): Promise<Answer['body']> {
  const at = new Date(Date.now() + delayMs)
  const cron = `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} * * *`
  const { id, nextAt } = await post('/api/schedules', { kind: 'task', camera, params, cron })
  // To look what tasks there are took so long that this moment was over.
  if (Date.parse(nextAt) > at.getTime()) return soon(params, camera, 2 * delayMs)
  const job = await until(async () => (await server.call('GET', `/api/schedules/${id}`)).body.lastJob)
  return { ...(await jobEnded(server, job)), schedule: id }
}

const readingsOf = async (sensor: string) =>
  (await server.call('GET', `/api/readings?device=pi&sensor=${sensor}`)).body.items.map(
    ({ at, value }: { at: string; value: number }) => ({ at: Date.parse(at), value }),
  )

test('the health of a camera becomes readings that InfluxDB and alerts know of', { timeout: 60_000 }, async () => {
  const capturedAt = Date.now() - 5000
  await server.ended(await server.send(CAMERA, await door('open', 1), capturedAt))
  const rule = { name: 'blurred', kind: 'reading', subject: 'pi', forMs: 0 }
  const { id } = await post('/api/alert-rules', {
    ...{ ...rule, params: { sensor: 'door-sharpness', is: 'above', limit: 0 } },
  })
  const job = await soon({ task: 'camera_health' })
  expect(job).toMatchObject({ state: 'done', error: null, kind: 'task', camera: CAMERA })
  const { readings } = job.result
  const sensors = ['door-brightness', 'door-hot-pixels', 'door-noise', 'door-sharpness']
  expect(Object.keys(readings)).toEqual(expect.arrayContaining(sensors))
  for (const sensor of sensors) {
    expect(await readingsOf(sensor)).toEqual([{ at: capturedAt, value: readings[sensor] }])
    const points = await until(async () => {
      const found = await influxd.client(DATABASE).query(`select value from reading where sensor = '${sensor}'`)
      return found.length > 0 && found
    })
    expect(points.map(({ value, time }: Record<string, unknown>) => ({ value, at: Number(time) }))).toEqual([
      { value: readings[sensor], at: capturedAt },
    ])
  }
  const known = (await server.call('GET', '/api/sensors?device=pi')).body.items
  const writers = new Map(known.map((one: { sensor: string; driver: string }) => [one.sensor, one.driver]))
  for (const sensor of sensors) expect(writers.get(sensor)).toBe('task camera_health')
  await until(async () => (await server.call('GET', `/api/alerts?rule=${id}`)).body.items.length > 0)
  expect((await server.call('GET', '/metrics')).body).toMatch(/^ajar_jobs_ended_total{kind="task",outcome="done"} 1$/m)

  const run = (await server.call('GET', `/api/task-runs/${job.id}`)).body
  expect(run).toMatchObject({ task: 'camera_health', state: 'done', owner: `schedule:${job.schedule}`, camera: CAMERA })
  expect(run.result).toMatchObject({ kind: 'json', value: { noise: readings['door-noise'] } })
  // The same frame again: the same readings.
  expect((await soon({ task: 'camera_health' })).result.readings).toEqual(readings)
  expect(await readingsOf('door-noise')).toHaveLength(1)
})

test('an executable of the operator, whose result is read where it says', { timeout: 60_000 }, async () => {
  const at = Date.now() - 3000
  await server.ended(await server.send(CAMERA, await door('closed', 2), at))
  // By WIRE.md B: -i is a file of parameters, -o the folder for the result, and a line tells where it stands.
  await writeFile(
    join(tasks, 'seen.sh'),
    `#!/bin/sh
# How large the picture is.
while getopts n:i:d:o: flag; do case $flag in i) in=$OPTARG ;; o) out=$OPTARG ;; esac; done
picture=$(sed 's/.*"_imageURL": *"\\([^"]*\\)".*/\\1/' "$in")
printf '{"bytes":"%s","list":[1,2,3]}' "$(wc -c < "$picture" | tr -d ' ')" > "$out/seen.json"
echo ___TASK STATUS___
printf '{"outfile":"%s"}\\n' "$out/seen.json"
`,
    { mode: 0o755 },
  )
  const properties = { _imageURL: { type: 'string', format: 'picture' } }
  await writeFile(join(tasks, 'seen.task.json'), JSON.stringify({ params: { type: 'object', properties } }))
  const params = { task: 'seen', readings: { 'picture-bytes': '/bytes', listed: '/list', gone: '/nowhere' } }
  const job = await soon(params)
  const log = (await server.call('GET', `/api/jobs/${job.id}/log`)).body.items
  expect({ ...job, log }).toMatchObject({ state: 'done', result: { readings: { listed: 3 } } })
  expect(log.map(({ text }: { text: string }) => text)).toContain('gone was not written: nothing stands at /nowhere')
  expect(await readingsOf('listed')).toEqual([{ at, value: 3 }])
  const [{ value }] = await readingsOf('picture-bytes')
  expect(value).toBeGreaterThan(1000)
})

test('triggers are made, shown, changed, paused and deleted; they go with their camera', {
  timeout: 60_000,
}, async () => {
  await server.call('PATCH', '/api/cameras/pi/gate', { states: ['open', 'shut'] })
  const said = { camera: 'pi/gate', states: ['open'], task: 'camera_health', params: { times: 5 } }
  const made = await post('/api/task-triggers', said)
  expect(made).toEqual({
    ...{ ...said, readings: null, paused: false, lastJob: null },
    ...{ id: expect.any(String), owner: expect.any(String), createdAt: expect.any(String) },
  })
  const path = `/api/task-triggers/${made.id}`
  expect((await server.call('GET', path)).body).toEqual(made)
  expect((await server.call('GET', '/api/task-triggers?camera=pi/gate')).body).toEqual({ items: [made], next: null })
  const change = { states: [], params: {}, readings: { 'gate-noise': '/noise' }, paused: true }
  expect((await server.call('PATCH', path, change)).body).toEqual({ ...made, ...change })
  expect((await server.call('PATCH', path, { readings: null, paused: false })).body).toMatchObject({
    ...{ states: [], params: {}, readings: null, paused: false },
  })
  for (const [wrong, code] of [
    [{ states: ['ajar'] }, 'unknown_state'],
    [{ params: { times: 'many' } }, 'bad_params'],
    [{ readings: { noise: 'noise' } }, 'bad_params'],
    [{ readings: { 'No Sensor': '/noise' } }, 'bad_request'],
    [{ task: 'noise' }, 'bad_request'],
  ] as const)
    expect(await server.call('PATCH', path, wrong)).toMatchObject({ status: 400, body: { error: { code } } })

  await server.ended(await server.send('pi/gate', await door('open', 1)))
  const job = await soon({ task: 'camera_health' }, 'pi/gate')
  expect(job.state).toBe('done')
  expect((await server.call('POST', '/api/cameras/pi/gate/rename', { to: 'pi/wicket' })).status).toBe(200)
  expect((await server.call('GET', path)).body.camera).toBe('pi/wicket')
  expect((await server.call('GET', `/api/task-runs/${job.id}`)).body.camera).toBe('pi/wicket')
  await jobEnded(server, (await server.call('DELETE', '/api/cameras/pi/wicket')).body.id)
  for (const gone of [path, `/api/task-runs/${job.id}`, `/api/schedules/${job.schedule}`])
    expect((await server.call('GET', gone)).status).toBe(404)
  expect((await server.call('DELETE', path)).status).toBe(404)
})

test('the lines of the README work as they stand there', async () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const lines = readme.split('### Camera health each night')[1]?.split('```')[1]?.trim().split('\n') ?? []
  expect(lines).toHaveLength(2)
  await server.call('PATCH', '/api/cameras/door1/cam', { states: ['open', 'closed'] })
  const answers = await Promise.all(
    lines.map(async (line) => {
      const command = line.replace('curl', 'curl -s').replace('localhost:20002', server.url.replace('http://', ''))
      const { stdout } = await promisify(execFile)('sh', ['-c', command], {
        env: { ...process.env, TOKEN: ADMIN_TOKEN },
      })
      return JSON.parse(stdout)
    }),
  )
  const [schedule, trigger] = answers
  expect(schedule).toMatchObject({ kind: 'task', camera: 'door1/cam', nextAt: expect.stringMatching(/T0[01]:30:00/) })
  expect(trigger).toMatchObject({ camera: 'door1/cam', states: ['open'], task: 'camera_health', paused: false })
})
