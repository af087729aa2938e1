import { expect, test } from 'vitest'
import { evaluate, openHead, plainView, type Sample, tempered, trainHead } from '../src/index.ts'
import { randomStream } from '../src/random.ts'
import { ordinalOf } from '../src/vector/ordinal.ts'
import { gauss } from './waves.ts'

test('the interval is the shortest run of neighbours that holds nine tenths, and the mean, in whatever order the states stand', () => {
  expect(ordinalOf(['0', '15', '30', '45'], [0.02, 0.5, 0.45, 0.03])).toEqual({
    expected: expect.closeTo(22.35, 6),
    interval: { low: 15, high: 30 },
  })
  const rare = ordinalOf(['90', '0', '45'], [0.05, 0.94, 0.01])
  expect(rare).toEqual({ expected: expect.closeTo(4.95, 6), interval: { low: 0, high: rare.expected } })
  expect(ordinalOf(['0', '90'], [0.02, 0.98]).interval).toEqual({ low: expect.closeTo(88.2, 6), high: 90 })
  expect(ordinalOf(['0', '90'], [0, 1])).toEqual({ expected: 90, interval: { low: 90, high: 90 } })
  expect(ordinalOf(['0', '15', '90'], [0.5, 0, 0.5]).interval).toEqual({ low: 0, high: 90 })
  expect(ordinalOf(['closed', '15'], [0.5, 0.5])).toEqual({ expected: null, interval: null })
})

test('nine of ten true angles lie within the interval, on readings that nothing was learned from', {
  timeout: 120_000,
}, async () => {
  const states = ['0', '15', '30', '45', '60']
  const view = plainView(12)
  const random = randomStream(5)
  let at = 1_795_286_400_000
  // So noisy that neighbouring angles are taken for one another.
  const draw = (each: number) =>
    [0, 1].flatMap(() =>
      states.flatMap((state, k) => {
        at += 600_000
        return Array.from({ length: each }, (): Sample => {
          at += 200
          const features = [Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + k / 3) + 0.6 * gauss(random))]
          return { frame: `pi/noisy/${at}`, capturedAtMs: at, state, features }
        })
      }),
    )
  const [learned, asked] = [draw(60), draw(150)]
  const { evaluation } = await evaluate(learned, { states, view })
  const head = tempered(await trainHead(learned, { states, view }), evaluation?.temperature ?? 1)
  const { predict } = openHead(head)
  let [inside, right] = [0, 0]
  for (const { state, features } of asked) {
    const said = predict(features[0] as Float32Array, { spread: 127 })
    const { low, high } = said.details?.interval ?? { low: 1, high: 0 }
    if (Number(state) >= low && Number(state) <= high) inside += 1
    if (said.state === state) right += 1
  }
  expect(right / asked.length, 'it is no easy matter').toBeLessThan(0.85)
  expect(inside / asked.length).toBeGreaterThan(0.86)
})
