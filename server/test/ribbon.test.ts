import { beforeAll, expect, test } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { plainJpeg } from './pictures.ts'
import { type Answer, RunningServer } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CAMERA = 'pi/cam'
/** It earned its first state after a thousand seconds. */
const LATER = 'pi/later'
/** Its first state lasted a second. */
const BRIEF = 'pi/brief'
/** On a whole minute, so that thinning by minutes is easy to reckon. */
const START = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
const at = (seconds: number) => START + seconds * 1000
/** Seconds after START, and the state from then on. */
const CHANGES: [number, string][] = [
  [0, 'closed'],
  [60, 'open'],
  [65, 'closed'],
  [70, 'open'],
  [600, 'closed'],
]

let server: RunningServer
beforeAll(async () => {
  const dataDir = await temporaryFolder(afterFile)
  const database = await openStateDatabase(dataDir)
  await database.write
    .insertInto('transitions')
    .values(
      CHANGES.map(([seconds, to_state], index) => ({
        camera: CAMERA,
        at: at(seconds),
        from_state: CHANGES[index - 1]?.[1] ?? 'unknown',
        to_state,
        reason: null,
        confidence: 0.9,
        frame_at: at(seconds) + 500,
        model: null,
      })),
    )
    .execute()
  await database.write
    .insertInto('transitions')
    .values({
      ...{ camera: LATER, at: at(1010), from_state: 'unknown', to_state: 'open', reason: null, confidence: 0.9 },
      ...{ frame_at: at(1010), model: null },
    })
    .execute()
  const briefly = { camera: BRIEF, reason: null, confidence: 0.9, model: null }
  await database.write
    .insertInto('transitions')
    .values([
      { ...briefly, at: at(1001), from_state: 'unknown', to_state: 'open', frame_at: at(1001) },
      { ...briefly, at: at(1002), from_state: 'open', to_state: 'unknown', frame_at: at(1002) },
    ])
    .execute()
  await database.close()
  server = await RunningServer.start(afterFile, { AJAR_DATA_DIR: dataDir })
  for (const id of [CAMERA, 'pi/other'])
    await server.call('PATCH', `/api/cameras/${id}`, { states: ['open', 'closed'] })
})

const ribbon = (from: number, to: number, more = '') =>
  server.call('GET', `/api/cameras/${CAMERA}/ribbon?from=${at(from)}&to=${at(to)}${more}`)
/** `[seconds, seconds, state]` of each segment. */
const said = ({ body }: Answer) =>
  body.items.map(({ from, to, state }: { from: string; to: string; state: string }) => [
    (Date.parse(from) - START) / 1000,
    (Date.parse(to) - START) / 1000,
    state,
  ])

test('a ribbon begins with the state that was in force, and names the frames that made the states', async () => {
  const answer = await ribbon(30, 68)
  expect(said(answer)).toEqual([
    [30, 60, 'closed'],
    [60, 65, 'open'],
    [65, 68, 'closed'],
  ])
  expect(answer.body.items[1]).toEqual({
    from: new Date(at(60)).toISOString(),
    to: new Date(at(65)).toISOString(),
    state: 'open',
    reason: null,
    frame: `${CAMERA}/${at(60) + 500}`,
  })
})

test('a change at the first moment is in force, one at the last is not: `from` inclusive, `to` exclusive', async () => {
  expect(said(await ribbon(60, 65))).toEqual([[60, 65, 'open']])
})

test('`every` keeps the last change of each so many milliseconds', async () => {
  expect(said(await ribbon(0, 700, '&every=60000'))).toEqual([
    [0, 70, 'closed'],
    [70, 600, 'open'],
    [600, 700, 'closed'],
  ])
})

test('beyond the limit the newest are told, and nothing is said of the time before', async () => {
  expect(said(await ribbon(0, 700, '&limit=2'))).toEqual([
    [70, 600, 'open'],
    [600, 700, 'closed'],
  ])
})

test('the wall has the ribbons of all cameras in one answer; one that never had a frame has none', async () => {
  const { body } = await server.call('GET', `/api/ribbons?from=${at(60)}&to=${at(62)}`)
  expect(body.items.map(({ camera }: { camera: string }) => camera)).toEqual([CAMERA, 'pi/other'])
  expect(said({ ...(await ribbon(60, 62)), body: { items: body.items[0].segments } })).toEqual([[60, 62, 'open']])
  expect(body.items[1].segments).toEqual([])
})

test('before a state was earned it is unknown where frames came, and nothing is said where none did', async () => {
  const of = async (camera: string, from: number, to: number) =>
    said(await server.call('GET', `/api/cameras/${camera}/ribbon?from=${at(from)}&to=${at(to)}`))
  for (const camera of ['pi/untaught', LATER])
    for (const seconds of [100, 130, 160, 1000])
      await server.ended(await server.send(camera, await plainJpeg(seconds), at(seconds)))
  const first = [100, 220, 'unknown']
  expect(await of('pi/untaught', 0, 2000)).toEqual([first, [1000, 1060, 'unknown']])
  expect(await of('pi/untaught', 0, 200)).toEqual([[100, 200, 'unknown']])
  expect(await of('pi/untaught', 300, 900)).toEqual([])
  expect(await of(LATER, 0, 2000)).toEqual([first, [1000, 1010, 'unknown'], [1010, 2000, 'open']])
})

test('a first state of a moment is not drawn over the time before it where changes are thinned', async () => {
  await server.call('PATCH', `/api/cameras/${BRIEF}`, { states: ['open', 'closed'] })
  for (const every of ['', '&every=10000'])
    expect(
      said(await server.call('GET', `/api/cameras/${BRIEF}/ribbon?from=${at(0)}&to=${at(2000)}${every}`)),
      every,
    ).toEqual([
      [1001, 1002, 'open'],
      [1002, 2000, 'unknown'],
    ])
})

test('a span that is none is refused', async () => {
  const { status, body } = await ribbon(10, 10)
  expect([status, body.error.code, body.error.field]).toEqual([400, 'empty_span', 'to'])
})
