import { expect, onTestFinished, test } from 'vitest'
import { type Choice, mostUncertainOf, newestOf } from '../src/database/chosen-frames.ts'
import { openStateDatabase } from '../src/database/state-database.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CAMERA = 'pi/cam'
const NOW = 1_790_000_000_000
const HOUR = 3_600_000

interface Row {
  /** Seconds after NOW. */
  at: number
  /** null: nothing judged it; where it is left out, it has no result at all. */
  confidence?: number | null
  label?: string
  /** Was stored long ago. */
  isOld?: boolean
}

/** Asks a state.db that holds these frames. */
async function holding(rows: Row[]) {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  for (const { at, confidence, label, isOld } of rows) {
    const key = { camera: CAMERA, captured_at: NOW + at * 1000 }
    const times = { received_at: 1, stored_at: isOld ? 1 : NOW, classified_at: null, recorded_at: 1 }
    const rest = { size: 1, sha256: new Uint8Array(32), outcome: 'classified', code: null, late: 0 } as const
    await database.write
      .insertInto('frames')
      .values({ ...key, ...times, ...rest })
      .execute()
    if (confidence !== undefined) {
      const said = { state: confidence === null ? 'unknown' : 'open', best: null, confidence, reason: null }
      const how = { model: 'm', probabilities_json: null, latency_ms: 1, late: 0 } as const
      await database.write
        .insertInto('results')
        .values({ ...key, ...said, ...how })
        .execute()
    }
    if (label !== undefined)
      await database.write
        .insertInto('labels')
        .values({ ...key, state: label, author: 'test', labelled_at: 1 })
        .execute()
  }
  const seconds = (found: { captured_at: number }[]) => found.map(({ captured_at }) => (captured_at - NOW) / 1000)
  return {
    newest: async (choice: Omit<Choice, 'camera'>, limit = 100) =>
      seconds(await newestOf(database, { camera: CAMERA, ...choice }, limit)),
    uncertain: async (choice: Omit<Choice, 'camera'>, limit = 100) =>
      seconds(await mostUncertainOf(database, { camera: CAMERA, ...choice }, { storedSince: 2, limit })),
  }
}

test('the most uncertain come first, of those that were judged and have their picture', async () => {
  const { uncertain } = await holding([
    { at: 1, confidence: 0.7 },
    { at: 2, confidence: 0.5 },
    { at: 3, confidence: 0.9 },
    { at: 4, confidence: null },
    { at: 5 },
    { at: 6, confidence: 0.1, isOld: true },
  ])
  expect(await uncertain({})).toEqual([2, 1, 3])
  expect(await uncertain({}, 2)).toEqual([2, 1])
  expect(await uncertain({ from: NOW + 1000, to: NOW + 2000 })).toEqual([1])
})

test('of a label the most uncertain are its own', async () => {
  const { uncertain } = await holding([
    { at: 1, confidence: 0.7, label: 'open' },
    { at: 2, confidence: 0.5, label: 'closed' },
    { at: 3, confidence: 0.6, label: 'open' },
    { at: 4, confidence: 0.1 },
  ])
  expect(await uncertain({ label: 'open' })).toEqual([3, 1])
  expect(await uncertain({ label: 'none' })).toEqual([4])
})

test('thinned, each span of time shows its newest frame that is asked for', async () => {
  const { newest, uncertain } = await holding([
    { at: -7200, confidence: 0.7 },
    { at: 1, confidence: 0.6, label: 'open' },
    { at: 2, confidence: 0.9 },
    { at: 3, confidence: null },
    { at: 4 },
    { at: 5, confidence: 0.1, isOld: true },
  ])
  const every = HOUR
  expect(await newest({ every })).toEqual([5, -7200])
  expect(await newest({ every }, 1)).toEqual([5])
  expect(await newest({ every, label: 'open' })).toEqual([1])
  expect(await newest({ every, label: 'none', to: NOW + 3000 })).toEqual([2, -7200])
  expect(await newest({ every, state: 'unknown' })).toEqual([3])
  expect(await newest({ every, from: NOW + 6000 })).toEqual([])
  expect(await uncertain({ every })).toEqual([-7200, 2])
  expect(await uncertain({ every, label: 'open' })).toEqual([1])
})
