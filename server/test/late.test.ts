import { describe, expect, onTestFinished, test } from 'vitest'
import { Recording } from './recording.ts'

const FIRST = 1000
const STEP = 1000
type Seen = [time: number, state: string]

const seen = (text: string): Seen[] =>
  [...text].map((letter, i) => [FIRST + i * STEP, letter === '?' ? 'unknown' : letter])
const times = (frames: Seen[]) => frames.map(([time]) => time)

async function start(staleAfterMs = 1e9): Promise<Recording> {
  const recording = await Recording.start(onTestFinished)
  recording.staleAfterMs = staleAfterMs
  return recording
}

/** The backlog is in: nothing late has come for a while. */
async function settle(recording: Recording) {
  recording.now += 60_000
  await recording.recorder.sweep()
}

/** A generator of numbers in [0, 1) that gives the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function shuffled<T>(items: T[], next: () => number): T[] {
  return items
    .map((item) => ({ item, place: next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item)
}

describe('a frame that is older than the newest one', () => {
  test('gets a result, a point and a mark, and the published state stays', async () => {
    const recording = await start()
    await recording.see(seen('AAA').map(([time, state]) => [time + 10_000, state]))
    const { state } = recording
    const published = recording.published.length
    await recording.see([[FIRST, 'B']])
    expect(recording.state).toEqual(state)
    expect(recording.published).toHaveLength(published)
    const late = await recording.database.read.selectFrom('results').select(['captured_at', 'late']).execute()
    expect(late.filter((row) => row.late).map((row) => row.captured_at)).toEqual([FIRST])
    const frames = await recording.database.read
      .selectFrom('frames')
      .select('captured_at')
      .where('late', '=', 1)
      .execute()
    expect(frames).toEqual([{ captured_at: FIRST }])
    expect(await recording.count('influx_outbox')).toBe(9) // four results with a probability each, one transition
  })

  test('does not have its span told again while more may come', async () => {
    const recording = await start()
    await recording.see(seen('AAA').map(([time, state]) => [time + 10_000, state]))
    await recording.see(seen('BBB'))
    recording.now += 1000
    await recording.recorder.sweep()
    expect(await recording.history()).toEqual(['11000:unknown>A'])
    await settle(recording)
    expect(await recording.history()).toEqual(['1000:unknown>B', '11000:B>A'])
  })

  test('takes back a change that it contradicts', async () => {
    const recording = await start()
    const [b1, b2, a3, b4] = seen('BBAB') as [Seen, Seen, Seen, Seen]
    await recording.see([b1, b2, b4])
    expect(recording.state.state).toBe('B')
    await recording.see([a3])
    await settle(recording)
    // In order B was never earned. What was published stays, so the span ends with it.
    expect(await recording.history()).toEqual([expect.stringMatching(/^\d+:unknown>B$/)])
    expect(recording.state.state).toBe('B')
    const [row] = await recording.database.read.selectFrom('transitions').selectAll().execute()
    expect(row?.frame_at).toBe(b4[0])
  })

  test('tells who watches that the past has changed', async () => {
    const recording = await start()
    await recording.see(seen('AAA').map(([time, state]) => [time + 10_000, state]))
    await recording.see(seen('BBB'))
    await settle(recording)
    const told = recording.events
      .map(({ data_json }) => JSON.parse(data_json))
      .filter((data) => 'recomputedFrom' in data)
    expect(told).toEqual([{ camera: 'pi/cam', recomputedFrom: FIRST, transitions: 2, since: 11_000 }])
  })
})

describe('late frames tell since when the camera is in its state', () => {
  const retained = ({ published }: Recording) => published.at(-1)?.payload

  test('a later change than was known; the state stays, and is published with it', async () => {
    const recording = await start()
    // A held, as far as was known, from the first frame on; B came between while nobody could send.
    await recording.see([...seen('AAAAA'), ...seen('..........AAAAA').slice(10)])
    expect(recording.state).toMatchObject({ state: 'A', since: 1000 })
    await recording.see(seen('.....BBBBB').slice(5))
    expect(recording.state).toMatchObject({ state: 'A', since: 1000 })
    await settle(recording)
    expect(await recording.history()).toEqual(['1000:unknown>A', '6000:A>B', '11000:B>A'])
    expect(recording.state).toMatchObject({ state: 'A', since: 11_000 })
    expect(retained(recording)).toEqual(recording.state)
    const { since } = await recording.database.read
      .selectFrom('camera_states')
      .select('since')
      .executeTakeFirstOrThrow()
    expect(since).toBe(11_000)
  })

  test('an earlier one', async () => {
    const recording = await start()
    await recording.see(seen('.....AAA').slice(5))
    expect(recording.state).toMatchObject({ state: 'A', since: 6000 })
    await recording.see(seen('AAA'))
    await settle(recording)
    expect(await recording.history()).toEqual(['1000:unknown>A'])
    expect(recording.state).toMatchObject({ state: 'A', since: 1000 })
    expect(retained(recording)).toEqual(recording.state)
  })

  test('where it is forgotten meanwhile, that counts', async () => {
    const recording = await start(60_000)
    const began = recording.now
    await recording.see(seen('AAAA').map(([time, state]) => [began + time, state]))
    recording.connected = false
    recording.now = began + 200_000
    await recording.recorder.sweep()
    const { state } = recording
    await recording.see([[began + 2500, 'B']])
    await settle(recording)
    expect(recording.state).toEqual(state)
  })
})

describe('frames in any order give the transitions of the same frames in order', () => {
  test.each(Array.from({ length: 12 }, (_, i) => i + 1))('seed %i', async (seed) => {
    const next = random(seed)
    const letters = ['A', 'B', 'C', '?']
    let letter = 'A'
    const frames = seen(
      Array.from({ length: 60 }, () => {
        if (next() < 0.3) letter = letters[Math.floor(next() * letters.length)] ?? 'A'
        return letter
      }).join(''),
    )
    const inOrder = await start()
    await inOrder.see(frames)
    const expected = await inOrder.history()

    const outOfOrder = await start()
    let newest = 0
    const arrivals = shuffled(frames, next)
    while (arrivals.length > 0) {
      const batch = arrivals.splice(0, 1 + Math.floor(next() * 6))
      const { state } = outOfOrder
      await outOfOrder.see(batch)
      if (times(batch).every((time) => time < newest)) expect(outOfOrder.state).toEqual(state)
      newest = Math.max(newest, ...times(batch))
      if (next() < 0.2) await settle(outOfOrder)
    }
    await settle(outOfOrder)
    const history = await outOfOrder.history()
    expect(history.slice(0, expected.length)).toEqual(expected)
    // Late frames never moved the published state: where it differs, one last transition leads to it.
    const rest = history.slice(expected.length).map((line) => line.split('>')[1])
    const last = expected.at(-1)?.split('>')[1] ?? 'unknown'
    expect(rest).toEqual(outOfOrder.state.state === last ? [] : [outOfOrder.state.state])
    if (history.length > 0) expect(history.at(-1)?.split(':')[0]).toBe(String(outOfOrder.state.since))
  })
})

test('what waited in an outbox while the state was forgotten is told before the forgetting', async () => {
  const recording = await start(60_000)
  const began = recording.now
  const ago = (text: string) => text.replace(/^\d+/, (at) => String(Number(at) - began))
  await recording.see(seen('AAA').map(([time, state]) => [began + time, state]))
  recording.connected = false
  recording.now = began + 200_000
  await recording.recorder.sweep()
  expect((await recording.history()).map(ago)).toEqual(['1000:unknown>A', '200000:A>unknown'])
  await recording.see(Array.from({ length: 40 }, (_, i) => [began + 10_000 + i * 6000, i < 20 ? 'A' : 'B']))
  await settle(recording)
  expect(recording.state.state).toBe('B')
  expect((await recording.history()).map(ago)).toEqual(['1000:unknown>A', '130000:A>B'])
})
