import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { CAMERA, classified, Recording } from './recording.ts'
import { until } from './running-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

type Seen = [time: number, state: string]
const seen = (text: string, from = 1000): Seen[] =>
  [...text].map((letter, i) => [from + i * 1000, letter === '?' ? 'unknown' : letter])

const start = () => Recording.start(onTestFinished)
const TABLES = ['frames', 'results', 'transitions', 'events', 'influx_outbox', 'camera_states'] as const
const counts = async (recording: Recording) =>
  Object.fromEntries(await Promise.all(TABLES.map(async (table) => [table, await recording.count(table)])))

describe('a batch', () => {
  test('writes frame, result, state, transition, event and point, marks frames done and publishes', async () => {
    const recording = await start()
    await recording.see(seen('AAA'))
    expect(await counts(recording)).toEqual({
      frames: 3,
      results: 3,
      transitions: 1,
      events: 4,
      influx_outbox: 7, // each result has one probability
      camera_states: 1,
    })
    expect(recording.finished).toEqual([`${CAMERA}/1000`, `${CAMERA}/2000`, `${CAMERA}/3000`])
    const said = { state: 'A', confidence: 0.95, since: 1000, frame: `${CAMERA}/3000`, model: `${CAMERA}@1` }
    expect(recording.published.at(-1)).toEqual({ topic: 'ajar/pi/cam/state', payload: said })
    expect(recording.state).toEqual(said)
    expect(recording.events.map(({ kind }) => kind)).toEqual(['result', 'result', 'result', 'transition'])
  })

  test('repeated, as after a crash, changes nothing but marks the frames done', async () => {
    const recording = await start()
    await recording.see(seen('AAA'))
    const before = await counts(recording)
    const { state } = recording
    await recording.see(seen('AAA'))
    await recording.see(seen('BBB')) // the same frames: what was said first counts
    expect(await counts(recording)).toEqual(before)
    expect(recording.state).toEqual(state)
    expect(recording.finished).toHaveLength(9)
  })

  test('that fails in its middle leaves nothing, and is written when the disk works', async () => {
    const recording = await start()
    await recording.fill(true)
    // More than fits into the pages that are there: the last thing that is written fails, all before it has to go too.
    const recorded = recording.see(seen('A'.repeat(100)))
    await until(() => recording.recorder.held)
    const one = { frames: 1, results: 1, transitions: 0, events: 1, influx_outbox: 2, camera_states: 1 }
    expect(await counts(recording)).toEqual(one) // the first frame goes alone, all others as one batch
    expect(recording.finished).toHaveLength(1)
    expect(recording.published).toEqual([])
    expect(recording.state.state).toBe('unknown')
    await recording.fill(false)
    await recorded
    expect(recording.state.state).toBe('A')
    expect(recording.held).toEqual([expect.stringContaining('full'), null])
    expect(recording.faults).toEqual([])
    expect(await recording.count('frames')).toBe(100)
  })

  test('is remembered: another start goes on where debounce was', async () => {
    const folder = await temporaryFolder(onTestFinished)
    const first = await Recording.start(onTestFinished, {}, folder)
    await first.see(seen('AAAB'))
    await first.see(seen('B', 5000))
    const second = await Recording.start(onTestFinished, {}, folder)
    expect(second.state.state).toBe('A')
    expect(second.recorder.retained()).toEqual([{ topic: 'ajar/pi/cam/state', payload: JSON.stringify(first.state) }])
    await second.see(seen('B', 6000))
    expect(await second.history()).toEqual(['1000:unknown>A', '4000:A>B'])
  })
})

describe('a frame without a result', () => {
  test('refused by the decoder or skipped, it ends, and says nothing of the state', async () => {
    const recording = await start()
    const { frame } = classified(1000, 'A')
    const refused = { kind: 'refused', code: 'truncated', reason: 'cut off' } as const
    await recording.recorder.record({ frame, model: null, answer: refused, classifiedAt: 1 })
    await recording.recorder.record({ ...classified(2000, 'A'), answer: { kind: 'skipped' } })
    const rows = await recording.database.read.selectFrom('frames').select(['outcome', 'code']).execute()
    expect(rows).toEqual([
      { outcome: 'refused', code: 'truncated' },
      { outcome: 'skipped', code: null },
    ])
    expect(await recording.count('results')).toBe(0)
  })

  test('refused at the door, it gives its id up to a frame that was stored', async () => {
    const recording = await start()
    const key = { camera: CAMERA, capturedAt: 1000, receivedAt: 1, size: 3, minted: false }
    const refusal = { device: 'pi', frame: `${CAMERA}/1000`, key, code: 'not_jpeg', reason: 'no' } as const
    await recording.recorder.recordRefusal(refusal)
    await recording.recorder.recordRefusal(refusal)
    expect(await recording.count('frames')).toBe(1)
    await recording.see(seen('A'))
    const outcomes = () => recording.database.read.selectFrom('frames').select(['outcome', 'code']).execute()
    expect(await outcomes()).toEqual([{ outcome: 'classified', code: null }])
    await recording.recorder.recordRefusal(refusal)
    expect(await outcomes()).toEqual([{ outcome: 'classified', code: null }])
    expect(await recording.count('results')).toBe(1)
  })
})

test('frames without a time that are refused at the same moment are all recorded', async () => {
  const recording = await start()
  await recording.see(seen('A', 1002))
  const key = { camera: CAMERA, capturedAt: 1000, receivedAt: 1000, size: 3, minted: true }
  const refusal = { device: 'pi', frame: CAMERA, key, code: 'not_jpeg', reason: 'no' } as const
  await Promise.all(Array.from({ length: 5 }, () => recording.recorder.recordRefusal(refusal)))
  const rows = await recording.database.read.selectFrom('frames').select(['captured_at', 'outcome']).execute()
  expect(rows.map(({ captured_at }) => captured_at)).toEqual([1000, 1001, 1002, 1003, 1004, 1005])
  expect(rows.filter(({ outcome }) => outcome === 'classified')).toEqual([{ captured_at: 1002, outcome: 'classified' }])
})

describe('what cannot be written although the disk works', () => {
  const poison = (recording: Recording, table: 'results' | 'frames', time: number) =>
    sql`create trigger poison before insert on ${sql.table(table)} when new.captured_at = ${sql.lit(time)}
        begin select raise(abort, 'poison'); end`.execute(recording.database.write)

  test('is skipped and told, and the frames beside it are recorded', async () => {
    const recording = await start()
    await poison(recording, 'results', 3000)
    await recording.see(seen('A'.repeat(20)))
    expect(recording.faults).toEqual([`the frame ${CAMERA}/3000`])
    expect(recording.held).toEqual([])
    expect(await counts(recording)).toMatchObject({ frames: 20, results: 19 })
    const skipped = recording.database.read.selectFrom('frames').select('captured_at').where('outcome', '=', 'skipped')
    expect(await skipped.execute()).toEqual([{ captured_at: 3000 }])
    expect(recording.finished).toHaveLength(20)
    expect(recording.state.state).toBe('A')
  })

  test('stays pending where not even that can be written', async () => {
    const recording = await start()
    await poison(recording, 'frames', 3000)
    await recording.see(seen('AAAAA'))
    expect(recording.finished.toSorted()).toEqual([1000, 2000, 4000, 5000].map((time) => `${CAMERA}/${time}`))
    const key = { camera: CAMERA, capturedAt: 3000, receivedAt: 1, size: 3, minted: false }
    const refusal = { device: 'pi', frame: `${CAMERA}/3000`, key, code: 'not_jpeg', reason: 'no' } as const
    await Promise.all([recording.recorder.recordRefusal(refusal), recording.see(seen('A', 9000))])
    expect(recording.faults.at(-1)).toBe(`the refusal of ${CAMERA}/3000`)
    expect(await recording.count('frames')).toBe(5)
  })
})

describe('frames that stop', () => {
  test('make the state unknown: stale where the device is there, offline where it is not', async () => {
    const recording = await start()
    recording.now = 5000
    await recording.see(seen('AAA'))
    // `start` counts as a frame: a camera is given its time after a restart.
    recording.now = 1_000_000 + 60_000
    await recording.recorder.sweep()
    expect(recording.state.state).toBe('A')
    recording.now += 1
    await recording.recorder.sweep()
    expect(recording.state).toMatchObject({ state: 'unknown', reason: 'stale', since: recording.now, frame: null })
    expect(recording.published.at(-1)?.payload).toMatchObject({ state: 'unknown', reason: 'stale' })
    expect(recording.transitions.at(-1)).toMatchObject({ from_state: 'A', to_state: 'unknown', reason: 'stale' })
    const told = recording.events.length
    await recording.recorder.sweep()
    expect(recording.events).toHaveLength(told)
    recording.connected = false
    await recording.recorder.sweep()
    expect(recording.state).toMatchObject({ state: 'unknown', reason: 'offline' })
    expect(await recording.count('transitions')).toBe(2)
  })

  test('are noticed by our clock: a device whose own is behind keeps its state', async () => {
    const recording = await start()
    recording.now += 1_000_000
    const behind = recording.now - 90_000
    const frames = seen('AAA', behind).map(([time, state]) => classified(time, state))
    for (const one of frames)
      await recording.recorder.record({ ...one, frame: { ...one.frame, receivedAt: one.frame.capturedAt + 90_000 } })
    await recording.recorder.sweep()
    expect(recording.state.state).toBe('A')
    recording.now += 63_000
    await recording.recorder.sweep()
    expect(recording.state).toMatchObject({ state: 'unknown', reason: 'stale' })
  })

  test('are not said to have stopped while frames of the camera are on their way', async () => {
    const recording = await Recording.start(onTestFinished, { isBusy: () => true })
    await recording.see(seen('AAA'))
    recording.now += 1e9
    await recording.recorder.sweep()
    expect(recording.state.state).toBe('A')
  })

  test('a frame in the same transaction wins', async () => {
    const recording = await start()
    await recording.see(seen('AAA'))
    recording.now += 70_000
    // The sweep decides first, the frame joins its transaction: the newest frame is what counts.
    const sweep = recording.recorder.sweep()
    const frame = recording.see([[recording.now, 'A']])
    await Promise.all([sweep, frame])
    const [row] = await recording.database.read.selectFrom('camera_states').selectAll().execute()
    expect(row?.newest_at).toBe(recording.now)
    expect(recording.state).toMatchObject({ state: row?.state, since: row?.since })
  })
})

test('a camera that was moved says so', async () => {
  const recording = await start()
  await recording.see(seen('AAA'))
  for (let i = 0; i < 30; i++) {
    const frame = classified(10_000 + i * 1000, 'A')
    const said = { state: 'A', confidence: 0.99, probabilities: { A: 1 } }
    const strange = { ...said, unlike: 'unlike_training', novelty: 0.4, signature: new Uint8Array(32), details: null }
    const answer = { kind: 'predicted', prediction: strange, latencyMs: 1 } as typeof frame.answer
    await recording.recorder.record({ ...frame, answer })
  }
  expect(recording.state).toMatchObject({ state: 'unknown', reason: 'moved' })
})
