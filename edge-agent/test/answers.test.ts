import { expect, test } from 'vitest'
import type { Clock } from '../src/index.ts'
import { Answers } from '../src/publish/answers.ts'
import { Patience } from '../src/publish/patience.ts'

const PICTURE = 100_000

/** A clock that only `pass` moves; who sleeps is woken when it is due. */
class HandClock implements Clock {
  #now = 0
  #sleepers = new Set<{ due: number; wake: () => void }>()
  now = () => this.#now
  monotonic = () => this.#now
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { due: this.#now + ms, wake: resolve }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper)
        resolve()
      })
    })
  }
  async pass(ms: number) {
    this.#now += ms
    for (const sleeper of this.#sleepers) {
      if (sleeper.due > this.#now) continue
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function waiting({ patience = new Patience(30_000) } = {}) {
  const clock = new HandClock()
  let missing = 0
  const answers = new Answers(clock, patience, () => {
    missing++
    answers.close()
  })
  return { clock, answers, missing: () => missing }
}

test('what the first answer may take counts anew for each: eight frames, one every 20 s, are no dead connection', async () => {
  const { clock, answers, missing } = waiting()
  for (const answered of Array.from({ length: 8 }, () => answers.expect(PICTURE))) {
    await clock.pass(20_000)
    answered()
  }
  await clock.pass(60_000)
  expect({ missing: missing(), waiting: answers.waiting }).toEqual({ missing: 0, waiting: false })
})

test('an answer that overtakes another does not excuse that one', async () => {
  const { clock, answers, missing } = waiting()
  answers.expect(PICTURE)
  const later = answers.expect(100)
  await clock.pass(20_000)
  later()
  await clock.pass(10_000)
  expect(missing()).toBe(1)
})

test('what is closed waits for nothing', async () => {
  const { clock, answers, missing } = waiting()
  const answered = answers.expect(PICTURE)
  answers.close()
  answered()
  await clock.pass(60_000)
  expect(missing()).toBe(0)
})

test('a picture that needs a minute gets through at the second try, and a good line is judged strictly again', async () => {
  const patience = new Patience(30_000)
  const first = waiting({ patience })
  first.answers.expect(PICTURE)
  await first.clock.pass(30_000)
  expect(first.missing()).toBe(1)

  const second = waiting({ patience })
  const answered = second.answers.expect(PICTURE)
  await second.clock.pass(60_000)
  answered()
  expect(second.missing()).toBe(0)
  expect(patience.limitMs(PICTURE)).toBeGreaterThan(60_000)

  const third = second.answers.expect(PICTURE)
  await second.clock.pass(100)
  third()
  expect(patience.limitMs(PICTURE)).toBeLessThan(31_000)
})

test('patience has an end, and small packets need none', () => {
  const patience = new Patience(30_000)
  for (let i = 0; i < 20; i++) patience.unanswered()
  expect(patience.limitMs(64e6)).toBe(930_000)
  expect(patience.limitMs(300)).toBeLessThan(33_000)
})
