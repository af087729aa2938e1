import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'

let server: RunningServer
let frames: string[]
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await server.call('PATCH', '/api/cameras/pi/cam', { states: ['open', 'closed'] })
  frames = []
  for (let i = 0; i < 3; i++) frames.push(await server.send('pi/cam', await plainJpeg(i)))
  for (const frame of frames) await server.ended(frame)
})

const labelOf = async (frame: string | undefined) => (await server.call('GET', `/api/frames/${frame}`)).body.label
const post = (...labels: [frame: string | undefined, state: string | null][]) =>
  server.call('POST', '/api/labels', { labels: labels.map(([frame, state]) => ({ frame, state })) })

test('a frame is labelled, labelled otherwise, and the label is taken back', async () => {
  const path = `/api/frames/${frames[0]}/label`
  expect((await server.call('PUT', path, { state: 'open' })).body).toEqual({ frame: frames[0], state: 'open' })
  expect(await labelOf(frames[0])).toBe('open')
  await server.call('PUT', path, { state: 'closed' })
  expect(await labelOf(frames[0])).toBe('closed')
  expect((await server.call('DELETE', path)).status).toBe(204)
  expect(await labelOf(frames[0])).toBeNull()
  expect((await server.call('DELETE', path)).status).toBe(404)
})

test('many at once, all or none', async () => {
  expect((await post([frames[0], 'open'], [frames[1], 'closed'])).body).toEqual({ labelled: 2 })
  const refused = [
    await post([frames[2], 'open'], ['pi/cam/1', 'open']),
    await post([frames[2], 'open'], [frames[1], 'ajar']),
    await post([frames[2], 'open'], ['nonsense', 'open']),
    await post([frames[2], 'open'], ['pi/other/1', 'open']),
  ]
  expect(refused.map(({ status, body }) => [status, body.error.code])).toEqual([
    [404, 'not_found'],
    [400, 'unknown_state'],
    [400, 'bad_frame'],
    [404, 'not_found'],
  ])
  expect(refused[1]?.body.error.message).toMatch(/open, closed/)
  expect(await labelOf(frames[2])).toBeNull()
})

test('labels are taken back in bulk, with others or without', async () => {
  await post([frames[0], 'open'], [frames[1], 'closed'])
  expect((await post([frames[0], null], [frames[1], 'open'], [frames[2], null])).status).toBe(200)
  expect(await Promise.all(frames.map(labelOf))).toEqual([null, 'open', null])
  expect((await post([frames[1], null], [frames[0], 'ajar'])).status).toBe(400)
  expect(await labelOf(frames[1])).toBe('open')
  expect((await post([frames[1], null])).status).toBe(200)
  const many = Array.from({ length: 1001 }, (): [string | undefined, null] => [frames[0], null])
  expect((await post(...many)).body.error).toMatchObject({ code: 'bad_request', field: 'labels' })
})

test('nothing is said of frames of a camera that is half renamed', async () => {
  await post([frames[0], 'open'])
  const database = await openStateDatabase(server.dataDir)
  const intent = { from_camera: 'pi/cam', to_camera: 'pi/new', author: 'test', at: 1 }
  await database.write.insertInto('camera_renames').values(intent).execute()
  const answers = [
    await server.call('PUT', `/api/frames/${frames[0]}/label`, { state: 'closed' }),
    await post([frames[0], null]),
    await server.call('DELETE', `/api/frames/${frames[0]}/label`),
  ]
  await database.write.deleteFrom('camera_renames').execute()
  await database.close()
  expect(answers.map(({ status, body }) => `${status} ${body.error.code}`)).toEqual(
    new Array(3).fill('409 being_renamed'),
  )
  expect(await labelOf(frames[0])).toBe('open')
})

test('a refused frame has no picture to label, and whoever tries is told so', async () => {
  const at = 1_790_000_000_000
  await server.call('POST', `/api/cameras/pi/cam/frames?capturedAt=${at}`, new Uint8Array([1, 2, 3]))
  expect((await server.ended(`pi/cam/${at}`)).outcome).toBe('refused')
  const { status, body } = await server.call('PUT', `/api/frames/pi/cam/${at}/label`, { state: 'open' })
  expect({ status, ...body.error }).toMatchObject({ status: 404, code: 'no_picture' })
  expect(body.error.message).toMatch(/refused.*not_jpeg/)
})

test('marks are said as states are, and are none', async () => {
  await server.call('PATCH', '/api/cameras/pi/marked', {})
  const jpeg = await plainJpeg(7)
  const [one, two, three] = [
    await server.send('pi/marked', jpeg),
    await server.send('pi/marked', jpeg),
    await server.send('pi/marked', jpeg),
  ]
  // Also of a camera that has no states yet.
  expect((await server.call('PUT', `/api/frames/${one}/label`, { state: 'unclear' })).status).toBe(200)
  expect((await post([two, 'ignore'])).status).toBe(200)
  expect((await server.call('GET', '/api/labels?camera=pi/marked')).body.counts).toEqual({ unclear: 1, ignore: 1 })
  await server.ended(one)
  await server.ended(two)
  await server.ended(three)
  const listed = async (label: string) =>
    (await server.call('GET', `/api/frames?camera=pi/marked&label=${label}`)).body.items.map(
      ({ id }: { id: string }) => id,
    )
  expect([await listed('unclear'), await listed('ignore'), await listed('none')]).toEqual([[one], [two], [three]])
  // No state can have these names, and they hinder no change of states.
  for (const state of ['unclear', 'ignore', 'unknown'])
    expect((await server.call('PATCH', '/api/cameras/pi/marked', { states: ['on', state] })).body.error).toMatchObject({
      code: 'reserved',
      field: 'states',
    })
  expect((await server.call('PATCH', '/api/cameras/pi/marked', { states: ['on', 'off'] })).status).toBe(200)
  expect((await server.call('PATCH', '/api/cameras/pi/marked', { states: [] })).status).toBe(200)
  // Nor are they borrowed.
  await server.call('PATCH', '/api/cameras/pi/other', {})
  const copied = await server.call('POST', '/api/cameras/pi/other/copy', { from: 'pi/marked', what: ['labels'] })
  expect(copied).toMatchObject({ status: 200, body: { borrowed: [] } })
})

test('suspects are those of the newest evaluated model whose label still says the same', async () => {
  await post([frames[0], 'open'], [frames[1], 'closed'], [frames[2], 'open'])
  const database = await openStateDatabase(server.dataDir)
  afterFile(() => database.close())
  const model = { camera: 'pi/cam', backbone: 'b', engine: 'e', created_at: 1 }
  const save = (version: number, evaluation: object | null) =>
    database.write
      .insertInto('models')
      .values({ ...model, id: `pi/cam@${version}`, version, evaluation_json: JSON.stringify(evaluation) })
      .execute()
  const ask = async () => (await server.call('GET', '/api/labels/suspects?camera=pi/cam')).body
  expect(await ask()).toEqual({ items: [], next: null })
  const wrong = (frame: string | undefined, truth: string) => ({ frame, truth, said: 'x', confidence: 0.9 })
  await save(1, { suspects: [wrong(frames[2], 'open')] })
  await save(2, { suspects: [wrong(frames[1], 'closed'), wrong(frames[0], 'closed'), wrong('pi/other/1', 'open')] })
  await save(3, null)
  expect(await ask()).toEqual({
    items: [{ frame: frames[1], label: 'closed', said: 'x', confidence: 0.9 }],
    next: null,
  })
  await post([frames[1], 'unclear'])
  expect((await ask()).items).toEqual([])
  await save(4, { balancedAccuracy: 1 }) // of an older release
  expect((await ask()).items).toEqual([])
  expect((await server.call('GET', '/api/labels/suspects?camera=pi/nobody')).status).toBe(404)
})

test('labels are counted by state, beside what training needs', async () => {
  await post([frames[0], 'open'], [frames[1], 'open'], [frames[2], 'closed'])
  expect((await server.call('GET', '/api/labels?camera=pi/cam')).body).toEqual({
    counts: { open: 2, closed: 1 },
    borrowed: {},
    least: 2,
    good: 20,
  })
  await server.call('PATCH', '/api/cameras/pi/unlabelled', { states: ['open', 'closed'] })
  expect((await server.call('GET', '/api/labels?camera=pi/unlabelled')).body.counts).toEqual({})
  expect((await server.call('GET', '/api/labels?camera=pi/nobody')).status).toBe(404)
})

test('a training that could teach nothing is refused, and the state that lacks frames is named', async () => {
  const train = () => server.call('POST', '/api/training', { camera: 'pi/cam' })
  await post([frames[0], 'open'], [frames[1], 'open'], [frames[2], 'closed'])
  const few = await train()
  expect(few).toMatchObject({ status: 400, body: { error: { code: 'too_few_frames' } } })
  expect(few.body.error.message).toMatch(/^closed has 1 /)
  await server.call('PATCH', '/api/cameras/pi/bare', {})
  const bare = await server.call('POST', '/api/training', { camera: 'pi/bare' })
  expect(bare).toMatchObject({ status: 400, body: { error: { code: 'too_few_states', field: 'camera' } } })
  expect((await server.call('POST', '/api/training', { camera: 'pi/none' })).status).toBe(404)
  expect((await server.call('GET', '/api/jobs')).body.items).toEqual([])
})

test('what is refused at once by the classify endpoint', async () => {
  const classify = (body: Uint8Array) => server.call('POST', '/api/cameras/pi/cam/classify', body)
  expect(await classify(await plainJpeg())).toMatchObject({ status: 409, body: { error: { code: 'no_model' } } })
})
