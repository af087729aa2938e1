import { expect, test } from 'vitest'
import { duration, percent, reasonInWords, shares, shortTime, toldApart } from '../src/design/words.ts'

test('no confidence is said to be certain', () => {
  expect([0, 0.799, 0.97, 0.995, 1].map(percent)).toEqual(['0 %', '79 %', '97 %', '> 99 %', '> 99 %'])
})

test('what took a moment of a year is not said to be nothing, nor all of it', () => {
  expect([0, 0.0004, 0.034, 0.5, 0.99, 0.9996, 1].flatMap((part) => shares([part]))).toEqual([
    ...['0 %', '< 1 %', '3 %', '50 %', '99 %', '> 99 %', '100 %'],
  ])
})

test('parts of a whole are rounded to what they are together', () => {
  expect(shares([1 / 3, 1 / 3, 1 / 3])).toEqual(['34 %', '33 %', '33 %'])
  expect(shares([0.555, 0.445])).toEqual(['56 %', '44 %'])
  expect(shares([0.165, 0.165, 0.67])).toEqual(['17 %', '16 %', '67 %'])
  expect(shares([0.29, 0.71])).toEqual(['29 %', '71 %'])
  // Of nothing is known what the rest was.
  expect(shares([0.3, 0.2])).toEqual(['30 %', '20 %'])
  expect(shares([0.997, 0.003, 0])).toEqual(['> 99 %', '< 1 %', '0 %'])
})

test('durations are said in one unit', () => {
  expect([0, 999, 59_999, 60_000, 3_599_999, 47 * 3_600_000, 48 * 3_600_000].map(duration)).toEqual([
    'less than 1 s',
    'less than 1 s',
    '59 s',
    '1 min',
    '59 min',
    '47 h',
    '2 d',
  ])
})

test('a reason of a newer server is said as it is', () => {
  expect(reasonInWords('offline')).toBe('frames stopped: the device was offline')
  expect(reasonInWords('asleep')).toBe('asleep')
})

test('times beside each other are told apart, as finely as that needs', () => {
  const now = Date.now()
  const minute = now - (now % 60_000)
  const times = [0, 4000, 4300, 4301, 64_000].map((ms) => minute + ms)
  const said = toldApart(times, shortTime)
  expect(new Set(said).size).toBe(times.length)
  expect(said.at(-1)).toBe(shortTime(minute + 64_000))
  const yesterday = times.map((ms) => ms - 86_400_000)
  expect(new Set(toldApart(yesterday)).size).toBe(times.length)
  expect(toldApart(yesterday)[0]).not.toContain('.000')
})
