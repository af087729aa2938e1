import { expect, onTestFinished, test } from 'vitest'
import { AlertWorld, HOUR, MINUTE, SECOND } from './alert-world.ts'

/**
 * Days in which everything happens by chance, and a plain count beside the engine: seconds in which the server was there and saw
 * the door open. Each alert begins and ends where that count says so.
 */

const LONG = { timeout: 120_000 }
const DOOR = 'pi/door'
const FOR_MS = 10 * MINUTE
const CLEAR_MS = 2 * MINUTE
/** What a killed server had not noted yet. */
const UNNOTED_MS = MINUTE + SECOND

test.each([1, 2])('ten days by chance, number %i: no alert is missed, none is told twice', LONG, async (seed) => {
  const random = randomFrom(seed)
  const it = await AlertWorld.start(onTestFinished)
  it.see(DOOR, 'closed')
  await it.rules.create(
    { name: 'open', kind: 'state', params: { state: 'open' }, forMs: FOR_MS, clearMs: CLEAR_MS },
    'me',
  )
  /** Time in which it was seen open since it was last seen closed: as it was, and as a killed server still knows. */
  const open = { most: 0, least: 0 }
  let closed = 0
  let isFiring = false
  let fired = 0
  let looks = 0

  const look = async () => {
    const before = it.told.length
    await it.run(SECOND)
    const camera = it.cameras.get(DOOR)
    const isSeen = it.isUp && camera?.reason === undefined
    if (isSeen && camera?.state === 'open') {
      open.most += SECOND
      open.least += SECOND
      closed = 0
    } else if (isSeen && camera?.state === 'closed') {
      open.most = open.least = 0
      closed += SECOND
    } else closed = 0
    const [told, ...more] = it.told.slice(before)
    expect(more).toEqual([])
    looks += 1
    const where = `look ${looks} of seed ${seed}`
    if (told?.includes('fired')) {
      expect({ where, isFiring, isLongEnough: open.most >= FOR_MS - SECOND }).toEqual({
        where,
        isFiring: false,
        isLongEnough: true,
      })
      isFiring = true
      fired += 1
    } else if (told?.includes('resolved')) {
      expect({ where, isFiring, isLongEnough: closed >= CLEAR_MS }).toEqual({
        where,
        isFiring: true,
        isLongEnough: true,
      })
      isFiring = false
    }
    if (!it.isUp) return
    // Each change of what is seen is known one look later at the most.
    if (!isFiring) expect({ where, missed: open.least >= FOR_MS + 2 * SECOND }).toEqual({ where, missed: false })
    if (isFiring) expect({ where, stuck: closed > CLEAR_MS + 2 * SECOND }).toEqual({ where, stuck: false })
  }

  for (let passed = 0; passed < 240 * HOUR; ) {
    const chance = random()
    if (!it.isUp) {
      await it.boot()
      closed = 0
    } else if (chance < 0.35) it.see(DOOR, 'open')
    else if (chance < 0.6) it.see(DOOR, 'closed')
    else if (chance < 0.8) it.see(DOOR, 'unknown', random() < 0.5 ? 'stale' : 'low_confidence')
    else if (chance < 0.9) await it.down()
    else if (chance < 0.95) {
      await it.down({ killed: true })
      open.least = Math.max(0, open.least - UNNOTED_MS)
    }
    const ms = Math.ceil((random() * 8 * MINUTE) / SECOND) * SECOND
    // The long quiet times are not looked at one by one.
    if (it.isUp || random() < 0.5) for (let i = 0; i < ms / SECOND; i++) await look()
    else it.pass(6 * HOUR)
    passed += it.isUp ? ms : 6 * HOUR
  }
  expect(fired).toBeGreaterThan(3)
  const messages = it.webhooks.map((line) => line.split(' ')[0])
  expect(messages).toEqual(messages.map((_, i) => (i % 2 === 0 ? 'alert.firing' : 'alert.resolved')))
  expect(it.events).toHaveLength(messages.length)
  expect(it.retained.size).toBe(isFiring ? 1 : 0)
})

/** mulberry32: the same numbers at each run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
