import { beforeEach, expect, test } from 'vitest'
import { BelievedClock } from '../src/retention/believed-clock.ts'

const HOUR = 3_600_000
const START = Date.UTC(2026, 10, 1)

let wall = START
let monotonic = 0
let clock: BelievedClock

/** Lets time go by, in looks of a minute. */
function pass(ms: number) {
  for (let gone = 0; gone < ms; gone += 60_000) {
    wall += 60_000
    monotonic += 60_000
    clock.look(null)
  }
}

beforeEach(() => {
  ;[wall, monotonic] = [START, 0]
  clock = new BelievedClock({ now: () => wall, monotonic: () => monotonic })
  clock.look(null)
})

test('a clock that runs, is corrected a little, or is set back is believed', () => {
  pass(HOUR)
  expect(clock.time).toBe(wall)
  wall += 60_000
  pass(5 * 60_000)
  expect(clock.time).toBe(wall)
  wall -= 30 * HOUR
  expect(clock.look(null)).toBe(wall)
  expect(clock.step).toBeNull()
  expect(clock.setBack).toBe(-30 * HOUR)
  pass(HOUR)
  expect(clock.setBack).toBeNull()
})

test('a clock that goes ahead at once is not believed for a day, and then a day in an hour', () => {
  pass(HOUR)
  const before = clock.time
  wall += 240 * HOUR
  expect(clock.look(null)).toBe(before)
  expect(clock.step).toBe(240 * HOUR)
  pass(23 * HOUR)
  expect(clock.time).toBe(before + 23 * HOUR)
  pass(2 * HOUR)
  expect(clock.time).toBeGreaterThan(before + 24 * HOUR)
  expect(clock.time).toBeLessThan(before + 24 * HOUR + 25 * HOUR)
  expect(clock.step).not.toBeNull()
  pass(10 * HOUR)
  expect(clock.time).toBe(wall)
  expect(clock.step).toBeNull()
})

test('a clock that was ahead and is set right is believed at once', () => {
  wall += 240 * HOUR
  clock.look(null)
  wall -= 240 * HOUR
  expect(clock.look(null)).toBe(wall)
  expect(clock.step).toBeNull()
  expect(clock.setBack).toBeNull()
  pass(HOUR)
  expect(clock.time).toBe(wall)
})

test('at a start no more is believed than what is stored speaks for, and then a day in an hour', () => {
  clock = new BelievedClock({ now: () => wall, monotonic: () => monotonic })
  expect(clock.look(START - 48 * HOUR)).toBe(START - 48 * HOUR)
  expect(clock.step).toBeNull()
  pass(HOUR)
  expect(clock.time).toBe(START - 24 * HOUR)
  pass(2 * HOUR)
  expect(clock.time).toBe(wall)
  clock = new BelievedClock({ now: () => wall, monotonic: () => monotonic })
  expect(clock.look(wall + 100 * HOUR)).toBe(wall)
})
