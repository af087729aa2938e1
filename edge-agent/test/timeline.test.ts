import { expect, test } from 'vitest'
import { Timeline } from '../src/outbox/timeline.ts'

/** A line that is plainly right: sorted anew at every step. */
class PlainLine {
  things: { at: number; nth: number }[] = []
  add(thing: { at: number; nth: number }) {
    this.things.push(thing)
    this.things.sort((a, b) => a.at - b.at || a.nth - b.nth)
  }
}

test('whatever is done in whatever order, it is what a sorted list would be', () => {
  let seed = 1
  const random = (below: number) => {
    seed = (seed * 48_271) % 0x7fffffff
    return seed % below
  }
  const line = new Timeline<{ at: number; nth: number }>(({ at }) => at)
  const plain = new PlainLine()
  let now = 0
  for (let nth = 0; nth < 6000; nth++) {
    const what = random(10)
    if (what < 6) {
      // The newest nearly always; sometimes one that comes back.
      const thing = { at: what < 5 ? ++now * 10 : random(now * 10 + 1), nth }
      if (plain.things.some(({ at }) => at === thing.at)) continue // ids differ
      line.add(thing)
      plain.add(thing)
    } else if (what === 6) expect(line.takeNewest()).toBe(plain.things.pop())
    else if (what < 9) expect(line.takeOldest()).toBe(plain.things.shift())
    else {
      const from = random(now * 10 + 1)
      const between = ({ at }: { at: number }) => at >= from && at <= from + 35
      expect(line.takeBetween(from, from + 35)).toEqual(plain.things.filter(between))
      plain.things = plain.things.filter((thing) => !between(thing))
    }
    expect([line.length, line.oldest, line.newest]).toEqual([plain.things.length, plain.things[0], plain.things.at(-1)])
  }
  while (line.length > 0) expect(line.takeOldest()).toBe(plain.things.shift())
})

test('both ends of a long line are moved one place, not thousands', () => {
  const line = new Timeline<number>((at) => at)
  for (let at = 0; at < 50_000; at++) line.add(at)
  // Would take minutes where each of these moved all of the others.
  for (let at = 0; at < 2_000_000; at++) line.add(50_000 + (line.takeOldest() ?? 0))
  expect([line.length, line.oldest]).toEqual([50_000, 2_000_000])
})
