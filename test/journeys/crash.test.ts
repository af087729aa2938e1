import { describe, expect, test } from 'vitest'
import { crash } from './crash.ts'
import type { Kept } from './kept.ts'
import { judge } from './verdict.ts'

const KILLS = Number(process.env.AJAR_TEST_KILLS ?? 6)
const SEED = Number(process.env.AJAR_TEST_SEED ?? 1)

test(`server and agents are killed ${KILLS} times: every acknowledged frame is kept once and ends once`, {
  timeout: 60_000 + KILLS * 15_000,
}, async () => {
  const { broken, killed, ...counts } = await crash({ kills: KILLS, seed: SEED })
  console.log(`seed ${SEED}: killed ${JSON.stringify(killed)}, frames ${JSON.stringify(counts)}`)
  expect(broken.slice(0, 20)).toEqual([])
  // It was worth something only if frames were under way.
  expect(killed.server + killed.agent).toBeGreaterThanOrEqual(KILLS)
  expect(counts.acknowledged).toBeGreaterThan(10 * KILLS)
  expect(counts.sentAgain).toBeGreaterThan(0)
})

describe('the verdict sees every broken promise', () => {
  const id = 'pi/cam/5'
  const frame = { topic: 'ajar/pi/cam/frame/5', sha256: 'aa', packetId: 1, dup: false }
  const wire = { sent: [frame, { ...frame, dup: true }], acknowledged: [frame] }
  const kept: Kept = {
    frames: [{ id, sha256: 'aa' }],
    pending: [],
    ended: [{ id, outcome: 'classified' }],
    results: [id],
  }

  test('none is broken', () => {
    expect(judge(wire, kept)).toEqual({ sent: 1, sentAgain: 1, acknowledged: 1, stored: 1, broken: [] })
  })

  test.each<{ what: string; wire?: Partial<typeof wire>; kept?: Partial<Kept>; says: RegExp }>([
    { what: 'lost', kept: { frames: [] }, says: /acknowledged and is not kept/ },
    { what: 'kept with other bytes', kept: { frames: [{ id, sha256: 'bb' }] }, says: /acknowledged and is not kept/ },
    { what: 'kept twice', kept: { frames: [...kept.frames, ...kept.frames] }, says: /1 frames are stored twice/ },
    { what: 'invented', wire: { sent: [], acknowledged: [] }, says: /was never sent/ },
    { what: 'never acknowledged', wire: { acknowledged: [] }, says: /never acknowledged/ },
    { what: 'pending for ever', kept: { pending: [id] }, says: /still pending/ },
    { what: 'without an end', kept: { ended: [] }, says: /ended as nothing/ },
    { what: 'skipped', kept: { ended: [{ id, outcome: 'skipped' }] }, says: /ended as skipped/ },
    { what: 'without a result', kept: { results: [] }, says: /has no result/ },
    { what: 'classified twice', kept: { results: [id, id] }, says: /1 frames have two results/ },
  ])('a frame that is $what', ({ wire: otherWire, kept: otherKept, says }) => {
    expect(judge({ ...wire, ...otherWire }, { ...kept, ...otherKept }).broken.join()).toMatch(says)
  })
})
