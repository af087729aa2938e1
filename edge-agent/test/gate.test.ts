import sharp from 'sharp'
import { expect, test } from 'vitest'
import type { GateConfig } from '../src/capture/gate/config.ts'
import { blocksIn, type Corner } from '../src/capture/gate/difference.ts'
import { type DoorPicture, doorTruth, Gate, renderDoor } from '../src/index.ts'
import { notebook } from './places.ts'
import { chances, needsRealPictures, picturesIn, seenAgain, webcams } from './real-pictures.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const midnight = 20_000 * DAY

function gateOf(config: Partial<GateConfig> = {}) {
  const log = notebook()
  return { gate: new Gate({ camera: 'cam', config: { difference: 0.01, heartbeatMs: 30_000, ...config }, log }), log }
}

/** The door of seed 3 in a day as long as a real one. */
const seen = (atMs: number, more: Partial<DoorPicture> = {}) =>
  renderDoor({ seed: 3, atMs, dayMs: DAY, width: 320, height: 180, ...more })

test('at every hour of a day, a door that opens or shuts is seen at the next look', async () => {
  let moves = 0
  for (let hour = 0; hour < 24; hour += 2) {
    const { gate } = gateOf()
    let sent = ''
    for (let look = 0; look < 45; look++) {
      const atMs = midnight + hour * HOUR + look * 1000
      const { state } = doorTruth(3, atMs, DAY)
      const { passes } = gate.judge(await seen(atMs), atMs)
      if (passes && sent !== '' && state !== sent) moves++
      if (passes) sent = state
      expect(sent).toBe(state)
    }
  }
  expect(moves).toBeGreaterThanOrEqual(12)
})

test('a quiet scene with its grain and the light of the day only shows that it is there', async () => {
  for (let hour = 0; hour < 24; hour++) {
    const { gate } = gateOf()
    const passed: number[] = []
    for (let look = 0; look < 16; look++) {
      const atMs = midnight + hour * HOUR + look * 6000
      if (doorTruth(3, atMs, DAY).passing !== null) continue
      const verdict = gate.judge(await seen(atMs, { state: 'closed' }), atMs)
      expect(verdict.changed).toBe(false)
      if (verdict.passes) passed.push(look)
    }
    expect(passed.length).toBeGreaterThanOrEqual(3)
    const gaps = passed.slice(1).map((look, i) => look - (passed[i] ?? 0))
    // 24 or 30 s: where a look was left out, the next one may be too.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(4)
  }
})

test('a door that creeps open is seen, though no two looks differ much', async () => {
  const { gate } = gateOf({ heartbeatMs: 3_600_000 })
  const shut = await sharp(await seen(midnight + 12 * HOUR, { state: 'closed' })).toBuffer()
  const leaf = (width: number) => ({
    input: { create: { width, height: 40, channels: 3 as const, background: '#111' } },
  })
  gate.judge(shut, 0)
  let seenAt = 0
  for (let width = 1; width <= 64 && seenAt === 0; width++) {
    const jpeg = await sharp(shut)
      .composite([{ ...leaf(width), left: 128, top: 40 }])
      .jpeg()
      .toBuffer()
    if (gate.judge(jpeg, width * 1000).changed) seenAt = width
  }
  // 9 of 920 blocks, 5 in each column of them.
  expect(seenAt).toBeGreaterThan(8)
  expect(seenAt).toBeLessThanOrEqual(16)
})

test('real scenes with grain, in other light: the same; by day and by night: changed', async (context) => {
  needsRealPictures(context)
  const random = chances(7)
  for (const webcam of await webcams()) {
    const [day] = await picturesIn(`${webcam}/day`)
    const [night] = await picturesIn(`${webcam}/night`)
    if (!day || !night) throw new Error(`${webcam} lacks pictures`)
    for (const scene of [day, night]) {
      const { gate } = gateOf()
      gate.judge(scene, 0)
      for (const how of [{ grain: 6 }, { grain: 4, light: 0.9 }, { grain: 4, light: 1.1 }, { quality: 50 }]) {
        expect(gate.judge(await seenAgain(scene, { ...how, random }), 1000)).toEqual({
          passes: false,
          changed: false,
        })
      }
      expect(gate.judge(scene === day ? night : day, 2000)).toEqual({ passes: true, changed: true })
    }
  }
})

/** A grey picture with a white square of 16 pixels at each of these places. */
async function squares(places: [left: number, top: number][], size = 160): Promise<Buffer> {
  const plain = sharp({ create: { width: size, height: size, channels: 3, background: '#777' } })
  const white = { create: { width: 16, height: 16, channels: 3 as const, background: '#fff' } }
  return await plain
    .composite(places.map(([left, top]) => ({ input: white, left, top })))
    .jpeg()
    .toBuffer()
}

test('the share of the region that must differ is a share of its blocks of 8 x 8 pixels', async () => {
  // 4 of 400 blocks.
  const square = await squares([[0, 0]])
  for (const [difference, changed] of [
    [0.01, true],
    [0.011, false],
    [0, true],
  ] as const) {
    const { gate } = gateOf({ difference })
    gate.judge(await squares([]), 0)
    expect(gate.judge(square, 1000).changed).toBe(changed)
  }
})

test('the blocks of a region are those whose middles are inside, counted edge by edge', () => {
  const random = chances(77)
  const [width, height] = [37, 23]
  for (let round = 0; round < 200; round++) {
    const polygon = Array.from({ length: 3 + (round % 8) }, () => ({ x: random(), y: random() }))
    const blocks = blocksIn(polygon, width, height)
    for (const [i, block] of blocks.entries()) {
      const [x, y] = [i % width, Math.floor(i / width)]
      const middle = isInside(polygon, (x + 0.5) / width, (y + 0.5) / height)
      const corner = polygon.some((at) => Math.floor(at.x * width) === x && Math.floor(at.y * height) === y)
      expect(block).toBe(middle || corner ? 1 : 0)
    }
  }
})

/** The even-odd rule for one point. */
function isInside(polygon: Corner[], x: number, y: number): boolean {
  let inside = false
  for (const [i, a] of polygon.entries()) {
    const b = polygon.at(i - 1) as Corner
    if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) inside = !inside
  }
  return inside
}

test('what happens outside the region is nothing', async () => {
  const leftHalf = [
    { x: 0, y: 0 },
    { x: 0.5, y: 0 },
    { x: 0.45, y: 1 },
    { x: 0, y: 1 },
  ]
  const { gate } = gateOf({ region: leftHalf })
  expect(gate.judge(await squares([]), 0)).toEqual({ passes: true, changed: false })
  expect(gate.judge(await squares([[96, 96]]), 1000)).toEqual({ passes: false, changed: false })
  expect(gate.judge(await squares([[16, 96]]), 2000)).toEqual({ passes: true, changed: true })
  // A region smaller than a block is the block that it lies in.
  const speck = gateOf({
    region: [
      { x: 0.5, y: 0.5 },
      { x: 0.51, y: 0.5 },
      { x: 0.51, y: 0.51 },
    ],
  }).gate
  speck.judge(await squares([]), 0)
  expect(speck.judge(await squares([[0, 0]]), 1000).changed).toBe(false)
  expect(speck.judge(await squares([[80, 80]]), 2000).changed).toBe(true)
})

test('a lamp that is switched on is a change; a picture of another size is one', async () => {
  const { gate } = gateOf()
  const scene = await seen(midnight + 12 * HOUR, { state: 'closed' })
  gate.judge(scene, 0)
  expect(gate.judge(await seenAgain(scene, { light: 0.6 }), 1000).changed).toBe(true)
  expect(gate.judge(await squares([]), 2000).changed).toBe(true)
  expect(gate.judge(await squares([], 320), 3000)).toEqual({ passes: true, changed: true })
})

test('after a change four more pictures pass, for the server to be sure of the new state', async () => {
  const { gate } = gateOf()
  const passes = async (atMs: number, places: [number, number][]) => gate.judge(await squares(places), atMs).passes
  expect([await passes(0, []), await passes(1000, [])]).toEqual([true, false])
  for (let atMs = 2000; atMs <= 6000; atMs += 1000) expect(await passes(atMs, [[0, 0]])).toBe(true)
  expect(await passes(7000, [[0, 0]])).toBe(false)
  // The one before passed at 6 s.
  expect([await passes(35_000, [[0, 0]]), await passes(36_000, [[0, 0]])]).toEqual([true, false])
})

test('everything passes while somebody attends, and the first one after a picture was not kept', async () => {
  const { gate } = gateOf()
  const scene = await squares([])
  const passes = (atMs: number) => gate.judge(scene, atMs).passes
  expect([passes(0), passes(1000)]).toEqual([true, false])
  gate.attend(4000)
  gate.attend(3000)
  expect([passes(2000), passes(4000), passes(5000)]).toEqual([true, true, false])
  gate.forget()
  expect([passes(6000), passes(7000), passes(36_000)]).toEqual([true, false, true])
})

test('what cannot be judged passes, and so does the one after it; both are not called a change', async () => {
  const { gate, log } = gateOf()
  const scene = await squares([])
  gate.judge(scene, 0)
  for (const broken of [Buffer.from('no picture'), Buffer.alloc(0), scene.subarray(0, scene.length / 2)]) {
    expect(gate.judge(broken, 1000)).toEqual({ passes: true, changed: false })
  }
  expect(gate.judge(scene, 2000)).toEqual({ passes: true, changed: false })
  expect(log.lines[0]).toContain(
    'camera cam: a picture is sent unjudged, 1 so far (damaged JPEG: it does not begin as one)',
  )
  expect(log.lines).toHaveLength(2)
})
