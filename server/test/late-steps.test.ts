import { expect, onTestFinished, test } from 'vitest'
import type { CameraStateRow, ResultsTable } from '../src/database/schema.ts'
import { openStateDatabase, type StateDatabase } from '../src/database/state-database.ts'
import { nothingKnown } from '../src/record/debounce.ts'
import { recomputeTransitions } from '../src/record/late.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CAMERA = 'pi/door'
const RULE = { debounce: 3, staleAfterMs: 60_000 }
/** Runs of five results a second apart, open and closed by turns, with a flicker and a silence between. */
const STATES = Array.from({ length: 60 }, (_, i) =>
  i === 22 ? 'open' : Math.floor(i / 5) % 2 === 0 ? 'closed' : 'open',
)

async function databaseWithResults(): Promise<{ database: StateDatabase; live: CameraStateRow }> {
  const database = await openStateDatabase(await temporaryFolder(onTestFinished))
  onTestFinished(() => database.close())
  const results: ResultsTable[] = STATES.map((state, i) => ({
    camera: CAMERA,
    captured_at: 1_700_000_000_000 + i * 1000 + (i > 40 ? 200_000 : 0),
    model: `${CAMERA}@1`,
    state,
    best: state,
    confidence: 0.9,
    probabilities_json: null,
    reason: null,
    latency_ms: 1,
    late: 1,
    novelty: null,
    signature: null,
    details_json: null,
  }))
  await database.write.insertInto('results').values(results).execute()
  const [first, last] = [results.at(0)?.captured_at ?? 0, results.at(-1)?.captured_at ?? 0]
  return { database, live: { ...nothingKnown(CAMERA), state: 'open', newest_at: last, late_from: first, since: last } }
}

async function recompute(step: number) {
  const { database, live } = await databaseWithResults()
  let steps = 0
  for (let from = live.late_from; from !== null; steps++) {
    const done = await recomputeTransitions(database.write, { ...live, late_from: from }, RULE, step)
    from = done.next
  }
  const rows = await database.read.selectFrom('transitions').selectAll().orderBy('at').execute()
  return {
    steps,
    transitions: rows.map(({ at, from_state, to_state, reason }) => ({ at, from_state, to_state, reason })),
  }
}

test.each([1, 2, 7, 20])('a long past told again in steps of %i results reads as told at once', async (step) => {
  const whole = await recompute(1000)
  expect(whole.steps).toBe(1)
  expect(whole.transitions.length).toBeGreaterThan(10)
  expect(whole.transitions.some(({ reason }) => reason === 'stale')).toBe(true)
  const stepped = await recompute(step)
  expect(stepped.steps).toBeGreaterThan(1)
  expect(stepped.transitions).toEqual(whole.transitions)
})
