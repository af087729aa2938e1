import sharp from 'sharp'
import { expect, test } from 'vitest'
import { NarrowedPictures } from '../src/observe/narrowed-pictures.ts'
import { plainJpeg } from './pictures.ts'

const large = () =>
  sharp({ create: { width: 1600, height: 900, channels: 3, background: '#777' } })
    .jpeg()
    .toBuffer()

/** Counts how often a picture is loaded. */
async function counted() {
  const jpeg = await large()
  const count = { loads: 0 }
  const load = async () => {
    count.loads += 1
    return jpeg
  }
  return { count, load }
}

test('those who ask at the same time and those who ask next share one narrowing', async () => {
  const { count, load } = await counted()
  const pictures = new NarrowedPictures()
  const asked = await Promise.all(Array.from({ length: 10 }, () => pictures.get('one', 320, load)))
  expect((await sharp(asked[0]).metadata()).width).toBe(320)
  expect(new Set(asked).size).toBe(1)
  expect(await pictures.get('one', 320, load)).toBe(asked[0])
  expect(count.loads).toBe(1)
  await pictures.get('one', 640, load)
  await pictures.get('other', 320, load)
  expect(count.loads).toBe(3)
})

test('a picture that does not decode is a fault for everybody who waited, and is tried again', async () => {
  const pictures = new NarrowedPictures()
  const broken = () => pictures.get('one', 320, async () => new Uint8Array([1, 2, 3]))
  const outcomes = await Promise.allSettled([broken(), broken()])
  expect(outcomes.map((one) => (one.status === 'rejected' ? one.reason.code : 'made'))).toEqual([
    'not_decodable',
    'not_decodable',
  ])
  const { load } = await counted()
  expect((await pictures.get('one', 320, load)).length).toBeGreaterThan(0)
})

test('a few are narrowed at once, the others wait, and beyond a limit they are told to call again', async () => {
  const pictures = new NarrowedPictures()
  const gate = Promise.withResolvers<void>()
  const picture = await plainJpeg(1)
  let most = 0
  let running = 0
  const load = async () => {
    running += 1
    most = Math.max(most, running)
    await gate.promise
    running -= 1
    return picture
  }
  const asked = Array.from({ length: 210 }, (_, index) => pictures.get(`${index}`, 160, load))
  const refused = await Promise.allSettled(asked.slice(202))
  expect(refused.every((one) => one.status === 'rejected' && one.reason.code === 'busy')).toBe(true)
  gate.resolve()
  await Promise.all(asked.slice(0, 202))
  expect(most).toBe(2)
})
