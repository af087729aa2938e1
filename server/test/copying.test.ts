import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { CAMERA, door, jobEnded, label, train } from './lesson.ts'
import { plainJpeg } from './pictures.ts'
import { RunningServer } from './running-server.ts'

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
  await label(server, 6)
}, 60_000)

const copy = (to: string, from: string, ...what: string[]) =>
  server.call('POST', `/api/cameras/${to}/copy`, { from, what })
async function noise(): Promise<Uint8Array> {
  const of = { type: 'gaussian', mean: 128, sigma: 60 } as const
  const create = { width: 320, height: 180, channels: 3, background: 'black', noise: of } as const
  return new Uint8Array(await sharp({ create }).jpeg().toBuffer())
}
const setUp = (camera: string, settings: object = {}) => server.call('PATCH', `/api/cameras/${camera}`, settings)

test('settings are copied, and nothing else', async () => {
  const region = [
    { x: 0.1, y: 0.1 },
    { x: 0.6, y: 0.1 },
    { x: 0.1, y: 0.6 },
  ]
  const masks = [
    [
      { x: 0, y: 0 },
      { x: 0.1, y: 0 },
      { x: 0, y: 0.1 },
    ],
  ]
  const settings = { threshold: 0.7, debounce: 5, staleAfterMs: 30_000, region, masks }
  await setUp('pi/model', { ...settings, states: ['on', 'off'] })
  await setUp('pi/settings')
  expect(await copy('pi/settings', 'pi/model', 'settings')).toMatchObject({
    status: 200,
    body: { ...settings, states: [] },
  })
  expect((await copy('pi/settings', 'pi/model', 'states')).body.states).toEqual(['on', 'off'])
})

test('a sibling learns from borrowed labels, and is judged on frames of its own', { timeout: 180_000 }, async () => {
  const sibling = 'pi/sibling'
  await setUp(sibling)
  const copied = await copy(sibling, CAMERA, 'states', 'labels')
  expect(copied).toMatchObject({ status: 200, body: { borrowed: [{ camera: CAMERA, labels: 12 }] } })
  // A snapshot: taken again it is replaced, and what the source learns later is not in it.
  await copy(sibling, CAMERA, 'labels')
  await label(server, 1, 100)
  expect((await server.call('GET', `/api/cameras/${sibling}`)).body.borrowed).toEqual([{ camera: CAMERA, labels: 12 }])

  const first = await train(server, { camera: sibling })
  expect(first.result).toMatchObject({ model: `${sibling}@1`, activated: true, skipped: [] })
  expect(first.result.evaluation).toMatchObject({ borrowed: 12, judgedOn: 'all' })
  expect(first.result.evaluation.verdict).toMatch(/^needs at least 4 labelled frames of this camera/)
  for (const state of ['open', 'closed'] as const) {
    const frame = await server.ended(await server.send(sibling, await door(state, 200)))
    expect(frame.result.state).toBe(state)
  }

  const own: { frame: string; state: string }[] = []
  for (let i = 0; i < 8; i++) {
    const state = i % 2 === 0 ? 'open' : 'closed'
    own.push({ frame: await server.send(sibling, await door(state, 300 + i), 1_795_000_000_000 + i * 900_000), state })
  }
  await server.call('POST', '/api/labels', { labels: own })
  const second = await train(server, { camera: sibling })
  const { evaluation } = second.result
  expect(evaluation).toMatchObject({ borrowed: 12, judgedOn: 'own' })
  expect(evaluation.confusion.flat().reduce((sum: number, n: number) => sum + n, 0)).toBe(8)

  const given = await server.call('DELETE', `/api/cameras/${sibling}/borrowed-labels?from=${CAMERA}`)
  expect(given).toMatchObject({ status: 200, body: { removed: 12 } })
  expect((await server.call('GET', `/api/cameras/${sibling}`)).body.borrowed).toEqual([])
  expect((await train(server, { camera: sibling })).result.evaluation).toMatchObject({ borrowed: 0, judgedOn: 'own' })
})

test('a sibling begins with the model of its like, and refines it', { timeout: 120_000 }, async () => {
  const to = 'pi/like'
  const region = [
    { x: 0, y: 0 },
    { x: 1, y: 0 },
    { x: 1, y: 0.98 },
    { x: 0, y: 0.98 },
  ]
  await train(server)
  const { model } = (await server.call('GET', `/api/cameras/${CAMERA}`)).body
  await setUp(to, { region })
  const refused = await copy(to, CAMERA, 'model')
  expect(refused).toMatchObject({ status: 400, body: { error: { code: 'other_states', field: 'what' } } })
  expect(refused.body.error.message).toMatch(/knows open, closed.*copy the states too/)
  const { status, body } = await copy(to, CAMERA, 'states', 'labels', 'model')
  expect({ status, ...body }).toMatchObject({ status: 200, model: `${to}@1`, states: ['open', 'closed'], region })
  expect((await server.call('GET', `/api/models/${to}@1`)).body).toMatchObject({
    origin: 'copied',
    parent: model,
    active: true,
    region,
    evaluation: null,
    verdict: `copied from ${CAMERA}: nobody has checked it here yet: label some frames of this camera`,
  })
  for (const state of ['open', 'closed'] as const) {
    const frame = await server.ended(await server.send(to, await door(state, 200)))
    expect(frame.result).toMatchObject({ best: state, model: `${to}@1` })
    expect(frame.result.reason).not.toBe('unlike_training')
  }
  // Nothing of this camera is known yet, so a picture of anything is like what it knows.
  const strange = await noise()
  const reasonOf = async (camera: string) =>
    (await server.ended(await server.send(camera, strange))).result.reason as string | null
  expect(await reasonOf(CAMERA)).toBe('unlike_training')
  expect(await reasonOf(to)).not.toBe('unlike_training')

  const { result } = await train(server, { camera: to })
  expect(result).toMatchObject({ model: `${to}@2`, activated: true })
  expect((await server.call('GET', `/api/models/${to}@2`)).body).toMatchObject({ origin: 'trained', parent: `${to}@1` })
  const { items } = (await server.call('GET', `/api/cameras/${to}/activations`)).body
  expect(items.map((one: { model: string; reason: string }) => [one.model, one.reason])).toEqual([
    [`${to}@2`, 'trained'],
    [`${to}@1`, 'copied'],
  ])
  expect((await server.call('POST', `/api/cameras/${to}/rollback`)).body.id).toBe(`${to}@1`)
})

test('borrowed labels move with their source, and go with it', { timeout: 60_000 }, async () => {
  await setUp('pi/source', { states: ['on', 'off'] })
  const frame = await server.send('pi/source', await plainJpeg(1))
  await server.call('PUT', `/api/frames/${frame}/label`, { state: 'on' })
  await server.ended(frame)
  await setUp('pi/borrower', { states: ['on', 'off'] })
  await copy('pi/borrower', 'pi/source', 'labels')
  await server.call('POST', '/api/cameras/pi/source/rename', { to: 'pi/moved' })
  const borrowed = async () => (await server.call('GET', '/api/cameras/pi/borrower')).body.borrowed
  expect(await borrowed()).toEqual([{ camera: 'pi/moved', labels: 1 }])
  const at = Number(frame.split('/')[2])
  const { body: job } = await server.call('DELETE', `/api/cameras/pi/moved/frames?from=${at}&to=${at + 1}`)
  await jobEnded(server, job.id)
  expect(await borrowed()).toEqual([])
})

test('what cannot be copied is refused', async () => {
  await setUp('pi/target', { states: ['on', 'off'] })
  const frame = await server.send('pi/target', await plainJpeg(2))
  await server.call('PUT', `/api/frames/${frame}/label`, { state: 'on' })
  const refused = async (...call: Parameters<typeof copy>) => {
    const { status, body } = await copy(...call)
    return `${status} ${body.error.code}`
  }
  expect(await refused('pi/target', 'pi/nobody', 'settings')).toBe('404 not_found')
  expect(await refused('pi/target', 'pi/target', 'settings')).toBe('400 same_camera')
  expect(await refused('pi/target', CAMERA, 'labels')).toBe('400 unknown_state')
  expect(await refused('pi/target', CAMERA, 'states')).toBe('400 state_in_use')
  expect(await refused('pi/target', CAMERA, 'states', 'labels')).toBe('400 state_in_use')
  expect(await refused('pi/target', CAMERA)).toBe('400 bad_request')
  expect(await refused('pi/target', CAMERA, 'settings', 'model')).toBe('400 other_states')
  expect(await refused('pi/target', 'pi/settings', 'model')).toBe('409 no_model')
  expect((await server.call('GET', '/api/cameras/pi/target')).body).toMatchObject({
    states: ['on', 'off'],
    borrowed: [],
    model: null,
    threshold: 0.8,
  })
  // A state that only borrowed labels say is in use, too.
  await setUp('pi/user', { states: [] })
  await copy('pi/user', CAMERA, 'states', 'labels')
  expect((await setUp('pi/user', { states: ['on', 'off'] })).body.error.code).toBe('state_in_use')
})
