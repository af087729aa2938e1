import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { afterFile } from '../../test/setup/after-file.ts'
import type { Source } from '../src/devices/source.ts'
import { HttpError } from '../src/http/errors.ts'
import { Holds } from '../src/training/holds/holds.ts'
import { RunningServer, until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** What a hold meets: a sensor with two states, and labels that are remembered. */
function world({ silenceMs = 60_000 } = {}) {
  const said = new Map<string, string | null>()
  const gone = new Set<string>()
  const put = vi.fn(async (labels: { frame: string; state: string | null }[]) => {
    if (labels.some(({ frame }) => gone.has(frame))) throw new HttpError(404, 'pruned', 'it is not kept any more')
    for (const { frame, state } of labels) said.set(frame, state)
  })
  const made = { at: 1 }
  const get = (id: string) =>
    ({ id, kind: id === 'pi/cam' ? 'camera' : 'sensor', states: ['0', '15'], createdAt: made.at }) as Source
  const holds = new Holds({
    // biome-ignore lint/suspicious/noExplicitAny: a hold asks for no more of them
    sources: { get, find: get, judged: get } as any,
    labels: { put },
    log: { warn: vi.fn() },
    silenceMs,
  })
  onTestFinished(() => holds.close())
  const stored = (capturedAt: number) => holds.stored({ camera: 'esp/csi', capturedAt })
  return { holds, put, said, gone, stored, made }
}

const ask = (state: string, readings = 3) => ({ state, readings, seconds: null, author: 'eve' })
const now = () => Date.now()

test('so many readings are labelled, no more, and another state may follow at once', async () => {
  const { holds, said, stored } = world()
  const at = now()
  stored(at) // nobody holds anything yet
  const first = holds.begin('esp/csi', ask('0'))
  for (let i = 1; i <= 5; i++) stored(at + i)
  expect(first).toMatchObject({ endedAt: expect.any(Number), endedBy: null }) // its labels are on their way
  const second = holds.begin('esp/csi', ask('15'))
  for (let i = 6; i <= 8; i++) stored(at + i)
  await holds.close()
  expect([first, second].map(({ got, endedBy }) => [got, endedBy])).toEqual([
    [3, 'count'],
    [3, 'count'],
  ])
  expect([...said].sort()).toEqual([1, 2, 3, 6, 7, 8].map((i) => [`esp/csi/${at + i}`, i < 6 ? '0' : '15']))
})

test('a hold is refused in words while another runs, for an unknown state, and for a camera', () => {
  const { holds } = world()
  holds.begin('esp/csi', ask('0'))
  expect(() => holds.begin('esp/csi', ask('15'))).toThrow(/eve holds 0 at esp\/csi now/)
  expect(() => holds.begin('esp/b', ask('90'))).toThrow(/no state 90; its states are 0, 15/)
  expect(() => holds.begin('pi/cam', ask('0'))).toThrow(/the sensor pi\/cam/)
})

test('what was measured long before the hold, and what is gone, has no label, and the reason is told', async () => {
  const { holds, said, gone, stored } = world()
  const hold = holds.begin('esp/csi', ask('0', 4))
  stored(hold.startedAt - 60_000)
  expect(hold).toMatchObject({ refused: 1, reason: expect.stringMatching(/60 s before the hold/) })
  stored(hold.startedAt - 2000) // of the state before, or of the door on its way
  expect(hold).toMatchObject({ refused: 2, reason: expect.stringMatching(/2 s before the hold/) })
  gone.add(`esp/csi/${hold.startedAt + 2}`)
  for (let i = 1; i <= 3; i++) stored(hold.startedAt + i)
  await holds.stop('esp/csi')
  expect(hold).toMatchObject({ got: 2, refused: 3, reason: 'it is not kept any more', endedBy: 'stopped' })
  expect(said.size).toBe(2)
})

test('silence and time end a hold; its labels can be taken back', async () => {
  const { holds, said, stored } = world({ silenceMs: 50 })
  const hold = holds.begin('esp/csi', ask('0', 100))
  stored(hold.startedAt + 1)
  await vi.waitFor(() => expect(hold.endedBy).toBe('silence'), { timeout: 10_000 })
  await holds.stop('esp/csi', { takeBack: true })
  expect(hold).toMatchObject({ got: 0, endedBy: 'silence' })
  expect([...said.values()]).toEqual([null])
  const timed = holds.begin('esp/b', { ...ask('0', 5000), seconds: 0 })
  await vi.waitFor(() => expect(timed.endedBy).toBe('time'), { timeout: 10_000 })
})

test('a hold is over with its sensor: what reads under that name later is another one', async () => {
  const { holds, said, stored, made } = world()
  const hold = holds.begin('esp/csi', ask('0'))
  made.at = 2
  stored(hold.startedAt + 1)
  expect(hold).toMatchObject({ got: 0, endedBy: 'fault' })
  expect(holds.of('esp/csi')).toBeNull()
  holds.begin('esp/csi', ask('15', 1))
  stored(hold.startedAt + 2)
  await holds.close()
  expect([...said]).toEqual([[`esp/csi/${hold.startedAt + 2}`, '15']])
})

test('labels that cannot be written at all end the hold', async () => {
  const { holds, put, stored } = world()
  put.mockRejectedValue(new HttpError(400, 'unknown_state', 'no state 0 any more'))
  const hold = holds.begin('esp/csi', ask('0', 100))
  stored(hold.startedAt + 1)
  await vi.waitFor(() => expect(hold.endedBy).toBe('fault'), { timeout: 10_000 })
  expect(hold).toMatchObject({ got: 0, refused: 1, reason: 'no state 0 any more' })
})

let server: RunningServer
beforeAll(async () => {
  server = await RunningServer.start(afterFile)
})

test('over HTTP: a sensor that is none, and bodies that say too much', async () => {
  const path = '/api/sensors/esp/csi/holds'
  expect((await server.call('GET', path)).status).toBe(404)
  expect((await server.call('POST', path, { state: '0' })).status).toBe(404)
  expect((await server.call('POST', path, { state: '0', readings: 1 })).body.error).toMatchObject({ field: 'readings' })
  expect((await server.call('POST', path, { state: '0', readings: 2, seconds: 3 })).body.error.code).toBe('both')
  expect((await server.call('DELETE', path)).status).toBe(404)
})

test('readings of a real sensor are labelled as they come; others are told of; labels outlive the server', async () => {
  const dataDir = await temporaryFolder(onTestFinished)
  const first = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir })
  const path = '/api/sensors/esp/csi'
  await first.call('POST', '/api/devices', { name: 'esp' })
  await first.call('PATCH', path, { states: ['0', '90'] })
  const read = (value: number[]) => first.call('POST', `${path}/readings`, { value })
  expect((await read([1, 2, 3])).status).toBe(201) // before the hold
  expect((await first.call('POST', `${path}/holds`, { state: '90', readings: 3 })).status).toBe(201)
  expect((await first.call('POST', `${path}/holds`, { state: '0' })).body.error.code).toBe('hold_runs')
  expect((await read([1, 2])).status).toBe(400)
  for (let i = 0; i < 5; i++) await read([i, 2, 3])
  const hold = await until(async () => {
    const { body } = await first.call('GET', `${path}/holds`)
    return body.hold.endedBy !== null && body.hold
  })
  expect(hold).toMatchObject({ state: '90', wanted: 3, got: 3, refused: 1, endedBy: 'count' })
  expect(hold.reason).toMatch(/another length/)
  const counts = async (server: RunningServer) => (await server.call('GET', '/api/labels?camera=esp/csi')).body.counts
  expect(await counts(first)).toEqual({ '90': 3 })
  await first.call('POST', `${path}/holds`, { state: '0', readings: 100 })
  await read([7, 2, 3])
  await first.app.close()
  const second = await RunningServer.start(onTestFinished, { AJAR_DATA_DIR: dataDir })
  expect(await counts(second)).toEqual({ '90': 3, '0': 1 })
  expect((await second.call('GET', `${path}/holds`)).body).toEqual({ hold: null })
})
