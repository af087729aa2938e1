import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { fitTemperature } from '../src/evaluation/temperature.ts'
import {
  decode,
  type Engine,
  evaluate,
  type Head,
  openEngine,
  openHead,
  type Sample,
  tempered,
  trainHead,
} from '../src/index.ts'
import { randomStream } from '../src/random.ts'
import { hasRealData, realData } from './pictures.ts'

/** Frames whose scores say `scale` times more than they should: of a probability p, the log odds are that much larger. */
function frames(count: number, scale: number) {
  const random = randomStream(3)
  return Array.from({ length: count }, () => {
    const odds = 4 * random() - 2
    const truth = random() < 1 / (1 + Math.exp(-odds)) ? 1 : 0
    return { scores: Float64Array.of(0, scale * odds), truth }
  })
}

test('the temperature undoes what makes a head too sure, or not sure enough', () => {
  for (const scale of [0.6, 1, 2.5]) expect(fitTemperature(frames(1500, scale))).toBeCloseTo(scale, 0)
  expect(fitTemperature(frames(1500, 20))).toBeCloseTo(3, 3)
  expect(fitTemperature([])).toBeCloseTo(1, 3)
})

test('few frames move it little, even without a mistake', () => {
  const sure = Array.from({ length: 8 }, () => ({ scores: Float64Array.of(0, 3), truth: 1 }))
  expect(fitTemperature(sure)).toBeGreaterThan(0.7)
})

interface Said {
  confidence: number
  right: boolean
}

/** How far confidence is from the share that is right, in ten bands of confidence (expected calibration error). */
function calibrationError(said: Said[]): number {
  const bands = Map.groupBy(said, ({ confidence }) => Math.min(Math.floor(10 * confidence), 9))
  let error = 0
  for (const band of bands.values()) {
    const sure = band.reduce((sum, { confidence }) => sum + confidence, 0)
    error += Math.abs(sure - band.filter(({ right }) => right).length) / said.length
  }
  return error
}

/** Parking bays in any order, an hour apart: the camera of the shared pictures at which it errs now and then. */
async function bays(engine: Engine): Promise<Sample[]> {
  const samples: Sample[] = []
  const random = randomStream(5)
  for (const state of STATES) {
    const names = (await readdir(realData(`parking/${state}`))).sort().map((name) => ({ name, place: random() }))
    const drawn = names.sort((a, b) => a.place - b.place).slice(0, OF_EACH)
    for (const [i, { name }] of drawn.entries()) {
      const { rgb } = await decode(await readFile(realData(`parking/${state}/${name}`)), null)
      samples.push({ frame: name, capturedAtMs: i * 3_600_000, state, features: [await engine.embed(rgb)] })
    }
  }
  return samples
}

const STATES = ['empty', 'occupied']
const OF_EACH = 90
const LABELLED = 45

test.skipIf(!hasRealData)(
  'on frames that neither head nor temperature has learned from, confidence is nearer to the truth than without it',
  { timeout: 120_000 },
  async () => {
    const engine = await openEngine({ backbone: 'mobilenet-v1-1.0' }) // of the two the one that errs more here
    const samples = await bays(engine)
    await engine.close()
    const before: Said[] = []
    const after: Said[] = []
    // Each part is labelled once, and the others are asked for.
    for (let part = 0; part < OF_EACH / LABELLED; part++) {
      const isLabelled = ({ capturedAtMs }: Sample) => Math.floor(capturedAtMs / 3_600_000 / LABELLED) === part
      const labelled = samples.filter(isLabelled)
      const { evaluation } = await evaluate(labelled, { states: STATES })
      const head = await trainHead(labelled, { states: STATES })
      before.push(...ask(head, samples))
      after.push(...ask(tempered(head, evaluation?.temperature ?? 1), samples))

      function ask(one: Head, all: Sample[]): Said[] {
        const { predict } = openHead(one)
        return all
          .filter((sample) => !isLabelled(sample))
          .map(({ features, state }) => {
            const said = predict(features[0] as Float32Array, { spread: 40 })
            return { confidence: said.confidence, right: said.state === state }
          })
      }
    }
    const [uncalibrated, calibrated] = [calibrationError(before), calibrationError(after)]
    console.log(`calibration error: ${uncalibrated.toFixed(3)}, with the temperature ${calibrated.toFixed(3)}`)
    expect(calibrated).toBeLessThan(uncalibrated)
  },
)
