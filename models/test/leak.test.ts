import sharp from 'sharp'
import { expect, test } from 'vitest'
import { balancedAccuracy, confusionOf } from '../src/evaluation/score.ts'
import { evaluate, openEngine, openHead, type Sample, trainHead } from '../src/index.ts'
import { randomStream } from '../src/random.ts'
import { hasRealData } from './pictures.ts'
import { picturesOf, sampleOf, webcams } from './webcams.ts'

/** Bursts of almost the same picture, as a camera makes them within seconds, whose labels mean nothing. */

const BURSTS = 12
const IN_A_BURST = 6
const STATES = ['heads', 'tails']
const HOUR_MS = 3_600_000
const TOSSES = 6

/** Pictures of fixed webcams, each a few times, shifted a little and encoded anew. */
async function bursts(): Promise<Sample[]> {
  const engine = await openEngine({})
  const all = await Promise.all((await webcams()).map(picturesOf))
  // One of each webcam in turn.
  const pictures = Array.from({ length: BURSTS }, (_, i) => all[i % all.length]?.[Math.floor(i / all.length)])
  const samples: Sample[] = []
  for (const [i, picture] of pictures.entries()) {
    if (!picture) throw new Error('a webcam has too few pictures')
    for (let k = 0; k < IN_A_BURST; k++) {
      const jpeg = await sharp(picture.jpeg)
        .extract({ left: k, top: k, width: 600, height: 340 })
        .jpeg({ quality: 90 - 5 * k })
        .toBuffer()
      const capturedAtMs = i * HOUR_MS + k * 2000
      samples.push(await sampleOf(engine, { frame: `pi/cam/${capturedAtMs}`, capturedAtMs, state: '', jpeg }))
    }
  }
  await engine.close()
  return samples
}

/** Half of the bursts, drawn by the seed, under each label. */
function tossed(samples: Sample[], seed: number): Sample[] {
  const random = randomStream(seed)
  const drawn = Array.from({ length: BURSTS }, (_, i) => ({ i, place: random() })).sort((a, b) => a.place - b.place)
  const heads = new Set(drawn.slice(0, BURSTS / 2).map(({ i }) => i))
  return samples.map((sample, k) => ({ ...sample, state: STATES[heads.has(Math.floor(k / IN_A_BURST)) ? 0 : 1] ?? '' }))
}

/** How good a split that shuffles frames says it is. */
async function shuffled(samples: Sample[]): Promise<number> {
  const random = randomStream(1)
  const fold = new Map(samples.map((sample) => [sample, Math.floor(5 * random())]))
  const judged: { truth: string; said: string }[] = []
  for (let i = 0; i < 5; i++) {
    const train = samples.filter((sample) => fold.get(sample) !== i)
    const { predict } = openHead(await trainHead(train, { states: STATES }))
    for (const sample of samples.filter((one) => fold.get(one) === i))
      judged.push({
        truth: sample.state,
        said: predict(sample.features[0] as Float32Array, { spread: Number.POSITIVE_INFINITY }).state,
      })
  }
  return balancedAccuracy(confusionOf(STATES, judged)).balancedAccuracy
}

test.skipIf(!hasRealData)(
  'neighbours that are almost the same picture do not make a model look good that learned nothing',
  { timeout: 120_000 },
  async () => {
    const samples = await bursts()
    let [leaking, honest] = [0, 0]
    for (let seed = 1; seed <= TOSSES; seed++) {
      const labelled = tossed(samples, seed)
      const { evaluation, verdict } = await evaluate(labelled, { states: STATES })
      expect(verdict).not.toBe('ready')
      leaking += (await shuffled(labelled)) / TOSSES
      honest += (evaluation?.balancedAccuracy ?? Number.NaN) / TOSSES
    }
    console.log(`labels of a coin: shuffled ${leaking.toFixed(3)}, split by time ${honest.toFixed(3)}`)
    expect(leaking).toBeGreaterThan(0.85)
    expect(honest).toBeLessThan(0.6)
  },
)
