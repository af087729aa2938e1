import { expect, test } from 'vitest'
import { isBetween, mistakenInWords, mistakenOf } from '../src/evaluation/mistaken.ts'
import { evaluate, plainView, type Sample } from '../src/index.ts'
import { randomStream } from '../src/random.ts'
import { gauss } from './waves.ts'

test('two states that make most of the mistakes are named, in the words of usability', () => {
  const states = ['0', '45', '90']
  const alike = mistakenOf({
    states,
    confusion: [
      [60, 0, 0],
      [1, 31, 28],
      [0, 26, 34],
    ],
  })
  if (!alike) throw new Error('nothing was found')
  expect(alike).toMatchObject({ words: 'not told apart', pairs: [{ a: '45', b: '90' }], between: 54, of: 55 })
  expect(mistakenInWords(alike)).toMatch(
    /^`45` and `90` are not told apart \(54 of 55 mistakes\): make one state of them, .*; more readings alone will not help$/,
  )
  expect(isBetween({ truth: '90', said: '45' }, alike)).toBe(true)
  expect(isBetween({ truth: '90', said: '0' }, alike)).toBe(false)
  const close = mistakenOf({
    states,
    confusion: [
      [60, 0, 0],
      [0, 48, 12],
      [0, 10, 50],
    ],
  })
  expect(close).toMatchObject({ words: 'close', between: 22, of: 22 })
  expect(
    mistakenOf({
      states,
      confusion: [
        [50, 5, 5],
        [5, 50, 5],
        [5, 5, 50],
      ],
    }),
  ).toBe(null)
  expect(
    mistakenOf({
      states,
      confusion: [
        [60, 0, 0],
        [2, 58, 0],
        [0, 1, 59],
      ],
    }),
  ).toBe(null)
})

test('a training whose mistakes are all between two names of one state does not ask for more readings', {
  timeout: 120_000,
}, async () => {
  const random = randomStream(2)
  const [states, view] = [['closed', 'open', 'ajar'], plainView(4)]
  const samples = Array.from({ length: 240 }, (_, i): Sample => {
    const state = states[Math.floor(i / 20) % 3] as string
    const at = 1_795_286_400_000 + Math.floor(i / 20) * 120_000 + (i % 20) * 100
    const features = [Float32Array.from({ length: 4 }, () => (state === 'closed' ? 0 : 5) + gauss(random))]
    return { frame: `pi/alike/${at}`, capturedAtMs: at, state, features }
  })
  const { evaluation, verdict } = await evaluate(samples, { states, view })
  expect(verdict).toMatch(/`open` and `ajar` are not told apart \(\d+ of \d+ mistakes\)/)
  expect(verdict).not.toMatch(/needs about/)
  expect(evaluation?.advice).toBe(null)
})
