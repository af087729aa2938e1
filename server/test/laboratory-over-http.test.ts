import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { plainJpeg } from './pictures.ts'
import { RunningServer, until } from './running-server.ts'

const CAMERA = 'pi/door'
const BEGIN = Date.now() - 600_000

/** A server with three frames of a camera, and what analysts call. */
async function start() {
  const server = await RunningServer.start(onTestFinished)
  const frames: string[] = []
  for (let i = 1; i <= 3; i++) frames.push(await server.send(CAMERA, await plainJpeg(i), BEGIN + i * 1000))
  for (const frame of frames) await server.ended(frame)
  const analyst = async (name: string, role = 'analyst') => {
    const { token } = (await server.call('POST', '/api/tokens', { name, role })).body
    const call = (method: string, path: string, body?: object) => server.call(method, path, body, token)
    const { id } = (await call('POST', '/api/datasessions/', { name: 'one', input_data: [] })).body
    const path = `/api/datasessions/${id}/operations/`
    return {
      ...{ call, path },
      ask: (name: string, input_data: object) => call('POST', path, { name, input_data }),
      ended: (op: number) =>
        until(async () => {
          const { body } = await call('GET', `${path}${op}/`)
          return ['COMPLETED', 'FAILED'].includes(body.status) && body
        }),
    }
  }
  return { server, analyst }
}

const named = (...times: number[]) => ({
  input_files: times.map((time) => ({ type: 'fits', source: 'archive', basename: `pi_door_${BEGIN + time}` })),
})

test('asked over HTTP: states, a result for whoever may read its frames, an end by a call, and none after a purge', {
  timeout: 120_000,
}, async () => {
  const { server, analyst } = await start()
  const anna = await analyst('anna')
  const ben = await analyst('ben')
  const asked = await anna.ask('Median', named(1000, 2000, 3000))
  expect(asked).toMatchObject({
    status: 201,
    body: { name: 'Median', output: null, input_data: named(1000, 2000, 3000) },
  })
  expect(['PENDING', 'IN_PROGRESS']).toContain(asked.body.status)
  const done = await anna.ended(asked.body.id)
  expect(done).toMatchObject({ status: 'COMPLETED', message: '', operation_progress: 1 })
  const [file] = done.output.output_files
  expect(file).toMatchObject({ source: 'datalab', type: 'fits', fits_url: expect.stringMatching(`^${server.url}/`) })
  // In whatever order: the key of the older client sorts files, and so is what comes of it.
  expect((await ben.ask('Median', named(1000, 2000, 3000))).body).toMatchObject({ status: 'COMPLETED', output: {} })
  // What is Anna's alone, Ben neither takes nor ends nor sees.
  const own = { input_files: [file, file].map(({ basename }) => ({ type: 'fits', source: 'datalab', basename })) }
  const annas = await anna.ask('Stacking', own)
  expect(annas.status).toBe(201)
  await anna.ended(annas.body.id)
  expect((await ben.call('POST', `${anna.path}${annas.body.id}/cancel/`)).status).toBe(404)
  expect((await anna.call('POST', `${anna.path}${annas.body.id}/cancel/`)).status).toBe(409)
  expect(await anna.call('POST', `${anna.path}999/cancel/`)).toMatchObject({
    ...{ status: 404, body: { detail: 'No Operation matches the given query.' } },
  })
  // An operation has COMPLETED a moment before its job is done.
  const usage = await until(async () => {
    const { body } = await anna.call('GET', '/api/laboratory')
    return body.counts.running === 0 && body
  })
  expect(usage).toMatchObject({
    ...{ uploads: 0, results: expect.any(Number), unshown: 0, most: 5e9 },
    counts: { sessions: 2, operations: 3, waiting: 0, running: 0, results: 2, uploads: 0 },
  })
  expect((await server.call('GET', '/metrics')).body).toMatch(/^ajar_laboratory_limit_bytes 5000000000$/m)
  // By its new name, and by the old one.
  expect((await server.call('POST', `/api/cameras/${CAMERA}/rename`, { to: 'pi/gate' })).status).toBe(200)
  expect((await anna.ask('Median', named(1000, 2000, 3000))).status).toBe(201)
  const { body: job } = await server.call(
    'DELETE',
    `/api/cameras/pi/gate/frames?from=${BEGIN + 2000}&to=${BEGIN + 2001}`,
  )
  await until(async () => (await server.call('GET', `/api/jobs/${job.id ?? job.job?.id}`)).body.state === 'done')
  const gone = { status: 'FAILED', output: null, message: 'frames that it was made of were purged' }
  for (const { id } of [asked.body, annas.body])
    expect((await anna.call('GET', `${anna.path}${id}/`)).body).toMatchObject(gone)
  const again = await ben.ask('Median', named(1000, 2000, 3000))
  expect(again).toMatchObject({
    status: 400,
    body: { input_files: [expect.stringContaining(`pi_door_${BEGIN + 2000}`)] },
  })
  expect(readdirSync(join(server.dataDir, 'laboratory', 'results'))).toEqual([])
})

test('a query is what it stands for when the operation begins, and too little is refused', async () => {
  const { analyst } = await start()
  const anna = await analyst('anna')
  const query = (from: number) => ({
    input_files: [{ type: 'fits', source: 'archive', query: { camera: CAMERA, from: BEGIN + from } }],
  })
  expect(await anna.ask('Median', query(3000))).toMatchObject({
    ...{ status: 400, body: { input_files: ['Ensure this field has at least 2 elements.'] } },
  })
  const { body } = await anna.ask('Median', query(1000))
  expect(await anna.ended(body.id)).toMatchObject({ status: 'COMPLETED' })
  // Where one picture is taken, a query may not stand for more.
  const one = { ...named(1000), subtraction_file: query(1000).input_files }
  expect(await anna.ask('Subtraction', one)).toMatchObject({
    ...{ status: 400, body: { subtraction_file: ['Ensure this field has no more than 1 elements.'] } },
  })
})
