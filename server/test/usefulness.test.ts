import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { DEFAULT_BACKBONE, decode, openEngine, openHead, type Sample, signatureOf, trainHead } from '@ajar/models'
import { timeInName } from '@ajar/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Candidate, type Labelled, mostUseful } from '../src/observe/usefulness.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const START = Date.UTC(2026, 0, 5)
const NOTHING: Labelled = { signatures: [], times: [], hours: new Array(24).fill(0) }

/** A signature that points to one of 32 corners. */
function corner(i: number, lean = 0): Uint8Array {
  const numbers = new Int8Array(32)
  numbers[i] = 120
  numbers[(i + 1) % 32] = lean
  return new Uint8Array(numbers.buffer)
}

const seen = (minute: number, confidence: number, signature: Uint8Array | null = corner(0)): Candidate => ({
  capturedAt: START + minute * MINUTE,
  confidence,
  isUnlike: false,
  signature,
})
const minutes = (picks: { capturedAt: number }[]) => picks.map(({ capturedAt }) => (capturedAt - START) / MINUTE)

test('of frames alike, the one comes first that the model is least sure of', () => {
  const candidates = [seen(0, 0.99), seen(20, 0.6), seen(40, 0.9)]
  const [first] = mostUseful(candidates, NOTHING, 3)
  expect(first).toEqual({ capturedAt: START + 20 * MINUTE, why: 'unlike_labelled' })
  const [then] = mostUseful(candidates, { ...NOTHING, signatures: [corner(0)], hours: new Array(24).fill(1) }, 3)
  expect(then).toEqual({ capturedAt: START + 20 * MINUTE, why: 'uncertain' })
})

test('a frame unlike all training counts as one that the model is unsure of', () => {
  const strange = { ...seen(40, 0.99), isUnlike: true }
  expect(minutes(mostUseful([seen(0, 0.99), seen(20, 0.9), strange], NOTHING, 1))).toEqual([40])
})

test('views that are not labelled come before those that are, each once, and what many frames show before what one does', () => {
  const view = (i: number, count: number) =>
    Array.from({ length: count }, (_, k) => seen(i * 600 + k * 30, 0.95, corner(4 * i, k)))
  const candidates = [...view(0, 10), ...view(1, 10), ...view(2, 5), ...view(3, 1)]
  const picks = mostUseful(candidates, { ...NOTHING, signatures: [corner(0)] }, 3)
  expect(minutes(picks).map((minute) => Math.floor(minute / 600))).toEqual([1, 2, 3])
})

test('an hour of the day that has few labels is asked for', () => {
  const hours = new Array(24).fill(0)
  hours[10] = 20
  const candidates = [seen(10 * 60 + 5, 0.8), seen(11 * 60 + 5, 0.8)]
  const picks = mostUseful(candidates, { signatures: [corner(0)], times: [], hours }, 1)
  expect(picks).toEqual([{ capturedAt: START + (11 * 60 + 5) * MINUTE, why: 'other_hour' }])
})

test('no two neighbours in time, as long as there are others', () => {
  const candidates = Array.from({ length: 24 * 60 }, (_, minute) => seen(minute, minute < 60 ? 0.5 : 0.9))
  const times = minutes(mostUseful(candidates, NOTHING, 20)).sort((a, b) => a - b)
  expect(times).toHaveLength(20)
  for (const [i, time] of times.slice(1).entries()) expect(time - (times[i] as number)).toBeGreaterThanOrEqual(10)
  // All of them are asked for: then neighbours come too, in the end.
  const few = candidates.slice(0, 30)
  expect(new Set(minutes(mostUseful(few, NOTHING, 30))).size).toBe(30)
})

test('without a model frames are spread over the time and over the hours', () => {
  const unseen = Array.from({ length: 3 * 24 * 60 }, (_, minute) => ({ ...seen(minute, 1, null), confidence: null }))
  const picks = mostUseful(unseen, NOTHING, 24)
  expect(new Set(picks.map(({ capturedAt }) => Math.floor(capturedAt / HOUR) % 24)).size).toBeGreaterThan(20)
  expect(new Set(picks.map(({ capturedAt }) => Math.floor((capturedAt - START) / (24 * HOUR)))).size).toBe(3)
  expect(new Set(picks.map(({ why }) => why))).toEqual(new Set(['other_hour']))
  const all = { ...NOTHING, hours: new Array(24).fill(5) }
  expect(mostUseful(unseen, all, 1)).toMatchObject([{ why: 'newest' }])
})

test('nothing to choose from', () => {
  expect(mostUseful([], NOTHING, 10)).toEqual([])
  expect(mostUseful([seen(0, 0.5)], NOTHING, 10)).toHaveLength(1)
})

const DATA = process.env.AJAR_TEST_DATA ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))

interface Real {
  scene: string
  state: string
  capturedAt: number
  features: Float32Array
}

describe.skipIf(!existsSync(DATA))('on real pictures of webcams', () => {
  const STATES = ['day', 'night']
  const SEEDS = [1, 2, 3, 4, 5]
  let all: Real[]
  beforeAll(async () => {
    const engine = await openEngine({ backbone: DEFAULT_BACKBONE, engine: 'auto', threads: 1 })
    all = []
    for (const scene of readdirSync(`${DATA}/webcams`))
      for (const state of STATES)
        for (const file of readdirSync(`${DATA}/webcams/${scene}/${state}`)) {
          const { rgb } = await decode(readFileSync(`${DATA}/webcams/${scene}/${state}/${file}`), null)
          const time = timeInName(file) ?? 0
          const capturedAt = time + all.filter((one) => Math.floor(one.capturedAt / 1000) === time / 1000).length
          all.push({ scene, state, capturedAt, features: await engine.embed(rgb) })
        }
    await engine.close()
  }, 120_000)

  const learn = async (labelled: Real[]) => {
    const samples = labelled.map(
      ({ capturedAt, state, features }): Sample => ({
        frame: `pi/cam/${capturedAt}`,
        capturedAtMs: capturedAt,
        state,
        features: [features],
      }),
    )
    return openHead(await trainHead(samples, { states: STATES }))
  }
  type Model = Awaited<ReturnType<typeof learn>>
  const ask = (model: Model, { features }: Real) => model.predict(features, { spread: 50 })

  const choose = (model: Model, pool: Real[], labelled: Real[], count: number): Real[] => {
    const candidates = pool.map((one) => {
      const { confidence, unlike } = ask(model, one)
      const { capturedAt, features } = one
      return { capturedAt, confidence, isUnlike: unlike !== null, signature: signatureOf(features) }
    })
    const hours = new Array(24).fill(0)
    for (const { capturedAt } of labelled) hours[Math.floor(capturedAt / HOUR) % 24] += 1
    const known = {
      signatures: labelled.map(({ features }) => signatureOf(features)),
      times: labelled.map(({ capturedAt }) => capturedAt),
      hours,
    }
    const picks = mostUseful(candidates, known, count)
    return picks.map(({ capturedAt }) => pool.find((one) => one.capturedAt === capturedAt) as Real)
  }

  test('ten frames cover day and night and the hours better than the ten newest', { timeout: 60_000 }, async () => {
    const wins = { hours: 0, states: 0, scenes: 0 }
    for (const scene of new Set(all.map((one) => one.scene))) {
      const frames = all.filter((one) => one.scene === scene).sort((a, b) => a.capturedAt - b.capturedAt)
      const labelled = STATES.flatMap((state) => frames.filter((one) => one.state === state).slice(0, 2))
      const pool = frames.filter((one) => !labelled.includes(one))
      const useful = choose(await learn(labelled), pool, labelled, 10)
      const newest = pool.slice(-10)
      const hoursOf = (list: Real[]) => new Set(list.map(({ capturedAt }) => Math.floor(capturedAt / HOUR) % 24)).size
      const rarerOf = (list: Real[]) =>
        Math.min(...STATES.map((state) => list.filter((one) => one.state === state).length))
      wins.scenes += 1
      if (hoursOf(useful) >= hoursOf(newest)) wins.hours += 1
      if (rarerOf(useful) >= 2) wins.states += 1
    }
    expect(wins).toEqual({ scenes: 6, hours: 6, states: 6 })
  })

  test('what is learned from them is at least as good as from as many others', { timeout: 180_000 }, async () => {
    const scores = { useful: 0, random: 0 }
    for (const seed of SEEDS) {
      const mixed = shuffled(all, seed)
      const judged = mixed.slice(0, 60)
      const pool = mixed.slice(60)
      const first = STATES.flatMap((state) => pool.filter((one) => one.state === state).slice(0, 2))
      const useful = [...first]
      for (let round = 0; round < 2; round++) {
        const left = pool.filter((one) => !useful.includes(one))
        useful.push(...choose(await learn(useful), left, useful, 6))
      }
      const random = [...first, ...pool.filter((one) => !first.includes(one)).slice(0, useful.length - first.length)]
      const score = (model: Model) =>
        STATES.reduce((sum, state) => {
          const own = judged.filter((one) => one.state === state)
          return sum + own.filter((one) => ask(model, one).state === state).length / own.length / STATES.length
        }, 0)
      scores.useful += score(await learn(useful)) / SEEDS.length
      scores.random += score(await learn(random)) / SEEDS.length
    }
    expect(scores.useful).toBeGreaterThanOrEqual(scores.random)
  })
})

/** Always the same for a seed. */
function shuffled<T>(list: T[], seed: number): T[] {
  let state = (seed * 2_654_435_761) % 2 ** 31
  const next = () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
  return list
    .map((one) => ({ one, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}
