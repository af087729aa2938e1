import { expect, test } from 'vitest'
import { type DoorPicture, doorTruth, renderDoor } from '../src/index.ts'

const DAY = 600_000
const midnight = DAY * 2_977_000
const small = { seed: 1, width: 160, height: 90 }

const picture = (fields: Partial<DoorPicture>) => renderDoor({ ...small, atMs: midnight + DAY / 2, ...fields })

test('a picture is a JPEG, and the same seed and moment give the same bytes', async () => {
  const jpeg = await picture({})
  expect([...jpeg.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff])
  expect(await picture({})).toEqual(jpeg)
  expect(await picture({ seed: 2 })).not.toEqual(jpeg)
  expect(await picture({ atMs: midnight + DAY / 2 + 1 })).not.toEqual(jpeg)
})

test('a full-size picture is far below the frame limit', async () => {
  const jpeg = await renderDoor({ seed: 1, atMs: midnight })
  expect(jpeg.byteLength).toBeGreaterThan(10_000)
  expect(jpeg.byteLength).toBeLessThan(200_000)
})

/** The mean difference of two pictures, levels of 255, seen from so far away that the sensor's noise is gone. */
async function difference(a: Uint8Array, b: Uint8Array): Promise<number> {
  const sharp = (await import('sharp')).default
  const [one, other] = await Promise.all([a, b].map((jpeg) => sharp(jpeg).resize(32).raw().toBuffer()))
  if (!one || !other) return 0
  return one.reduce((sum, level, i) => sum + Math.abs(level - (other[i] ?? 0)), 0) / one.length
}

test.each(['day', 'dusk', 'night'])('open and closed differ far more than noise does at %s', async (when) => {
  const atMs = midnight + { day: DAY / 2, dusk: DAY * 0.77, night: 0 }[when as 'day']
  const [closed, open, noise] = await Promise.all([
    picture({ atMs, state: 'closed' }),
    picture({ atMs, state: 'open' }),
    picture({ atMs: atMs + 1, state: 'closed' }),
  ])
  expect(await difference(closed, open)).toBeGreaterThan(4 * (await difference(closed, noise)))
})

test('at night a picture has no colour', async () => {
  const sharp = (await import('sharp')).default
  const channels = async (jpeg: Uint8Array) => (await sharp(jpeg).stats()).channels.map(({ mean }) => Math.round(mean))
  const [night, day] = [await channels(await picture({ atMs: midnight })), await channels(await picture({}))]
  expect(new Set(night).size).toBe(1)
  expect(new Set(day).size).toBeGreaterThan(1)
})

test('the door moves every 15 to 40 s and never jumps, and the same moment is the same in any order', () => {
  const step = 100
  const truths = Array.from({ length: 36_000 }, (_, i) => doorTruth(7, midnight + i * step))
  const changes = truths.flatMap(({ state }, i) => (i > 0 && state !== truths[i - 1]?.state ? [i * step] : []))
  const gaps = changes.slice(1).map((at, i) => at - (changes[i] ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(13_000)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(42_000)
  const swings = truths.slice(1).map(({ angleDegrees }, i) => Math.abs(angleDegrees - (truths[i]?.angleDegrees ?? 0)))
  expect(Math.max(...swings)).toBeLessThan(15)
  expect(doorTruth(7, midnight + 1234 * step)).toEqual(truths[1234])
})

test('a day has day, dusk and night, and people pass by', () => {
  const truths = Array.from({ length: 6000 }, (_, i) => doorTruth(3, midnight + i * 100))
  expect(truths.filter(({ night }) => night).length / 6000).toBeCloseTo(0.39, 1)
  expect(truths.some(({ lamp, night }) => lamp === 1 && !night)).toBe(true)
  expect(truths.some(({ passing }) => passing !== null)).toBe(true)
})
