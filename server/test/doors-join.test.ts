import { describe, expect, test } from 'vitest'
import { type Member, saidOfDoor } from '../src/doors/door.ts'
import { join } from '../src/doors/join.ts'
import { type Judged, type Reliability, reliabilityOf, unmeasured } from '../src/doors/reliability.ts'
import { judgedSince, type Moment } from '../src/doors/since.ts'

const STATES = ['closed', 'open']
const DECLARED: Member = { source: 'pi/csi', states: { '0': 'closed', '45': 'open', '90': 'open' } }

/** Numbers 0..1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Said {
  said: string
  confidence: number
}
type Source = (truth: string) => Said

/** Right with a probability that it knows: half of what it says is of `sure` frames, half of `unsure` ones. */
function knowing(random: () => number, sure: number, unsure: number, states = STATES): Source {
  return (truth) => {
    const confidence = random() < 0.5 ? sure : unsure
    const others = states.filter((state) => state !== truth)
    const wrong = others[Math.floor(random() * others.length)] ?? truth
    return { said: random() < confidence ? truth : wrong, confidence }
  }
}

/** Says anything, and is sure of it. */
function randomised(random: () => number, states = STATES): Source {
  return () => ({ said: states[Math.floor(random() * states.length)] ?? '', confidence: 0.5 + random() / 2 })
}

const truths = (random: () => number, count: number, states = STATES) =>
  Array.from({ length: count }, () => states[Math.floor(random() * states.length)] ?? '')

function judgedOf(source: Source, truth: string[]): Judged[] {
  return truth.map((one) => {
    const { said, confidence } = source(one)
    return { truth: one, said, says: said, confidence, count: 1 }
  })
}

/** How often each source and what is joined of them is right. */
function rightOf(sources: Source[], reliabilities: Reliability[], truth: string[], states = STATES) {
  const right = { joined: 0, each: sources.map(() => 0) }
  for (const one of truth) {
    const said = sources.map((source) => source(one))
    const statements = said.map((its, i) => ({
      ...its,
      ...{ says: its.said, reliability: reliabilities[i] ?? unmeasured(states), ageMs: 0, staleAfterMs: 60_000 },
    }))
    const { probabilities } = join(states, statements)
    if (states[probabilities.indexOf(Math.max(...probabilities))] === one) right.joined += 1
    for (const [i, its] of said.entries()) if (its.said === one) right.each[i] = (right.each[i] ?? 0) + 1
  }
  return { joined: right.joined / truth.length, each: right.each.map((count) => count / truth.length) }
}

/** Three standard deviations of the difference of two shares of so many moments. */
const chance = (moments: number) => 3 * Math.sqrt(0.5 / moments)

describe.each([20, 60, 400])('sources measured on %i frames', (measured) => {
  test.each([1, 2, 3, 4, 5, 6])('one randomised: joined is no worse than the better one (seed %i)', (seed) => {
    const random = seeded(seed)
    const sources = [knowing(random, 0.97, 0.75), randomised(random)]
    const reliabilities = sources.map((source) => reliabilityOf(STATES, judgedOf(source, truths(random, measured))))
    const { joined, each } = rightOf(sources, reliabilities, truths(random, 4000))
    expect(joined).toBeGreaterThanOrEqual(Math.max(...each) - chance(4000))
    expect(reliabilities[1]?.weight).toBeLessThan(reliabilities[0]?.weight ?? 0)
  })

  test.each([1, 2, 3, 4, 5, 6])('two good ones are better together than either (seed %i)', (seed) => {
    const random = seeded(100 + seed)
    const sources = [knowing(random, 0.98, 0.7), knowing(random, 0.96, 0.65)]
    const reliabilities = sources.map((source) => reliabilityOf(STATES, judgedOf(source, truths(random, measured))))
    const { joined, each } = rightOf(sources, reliabilities, truths(random, 4000))
    if (measured >= 60) expect(joined).toBeGreaterThan(Math.max(...each))
    else expect(joined).toBeGreaterThanOrEqual(Math.max(...each) - chance(4000))
  })
})

test('of many states, and with two randomised beside one that is good', () => {
  const states = ['0', '15', '30', '45', '60', '75', '90']
  const random = seeded(7)
  const sources = [knowing(random, 0.95, 0.6, states), randomised(random, states), randomised(random, states)]
  const reliabilities = sources.map((source) => reliabilityOf(states, judgedOf(source, truths(random, 400, states))))
  const { joined, each } = rightOf(sources, reliabilities, truths(random, 4000, states), states)
  expect(joined).toBeGreaterThanOrEqual(Math.max(...each) - chance(4000))
})

describe('a source that became random after it was measured', () => {
  const setUp = (seed: number) => {
    const random = seeded(seed)
    const [good, was, is] = [knowing(random, 0.97, 0.8), knowing(random, 0.95, 0.8), randomised(random)]
    const measured = [good, was].map((source) => judgedOf(source, truths(random, 1000)))
    return { random, good, was, is, measured }
  }
  /** Moments of both, of which people label the first disagreements; as each of them is told of them. */
  const momentsOf = (sources: [Source, Source], truth: string[], labels: number): [Moment[], Moment[]] => {
    let left = labels
    const pairs = truth.map((one) => {
      const said = sources.map((source) => source(one))
      const agreed = said[0]?.said === said[1]?.said
      const isLabelled = !agreed && left-- > 0
      return said.map((its) => ({ ...its, says: its.said, agreed, truth: isLabelled ? one : null }))
    })
    return [pairs.flatMap(([one]) => one ?? []), pairs.flatMap(([, one]) => one ?? [])]
  }
  const since = (moments: Moment[]) =>
    judgedSince(
      moments,
      moments.filter(({ truth }) => truth !== null),
    )

  test('labelled disagreements take its weight away', () => {
    const weights = Array.from({ length: 21 }, (_, seed) => {
      const { random, good, is, measured } = setUp(seed)
      expect(reliabilityOf(STATES, measured[1] ?? []).weight).toBeGreaterThan(0.95)
      const after = momentsOf([good, is], truths(random, 600), 30)
      const reliabilities = after.map((moments, i) => reliabilityOf(STATES, measured[i] ?? [], since(moments)))
      expect(reliabilities[0]?.weight).toBeGreaterThan(0.95)
      const { joined, each } = rightOf([good, is], reliabilities, truths(random, 4000))
      expect(joined).toBeGreaterThanOrEqual(Math.max(...each) - chance(4000))
      return reliabilities[1]?.weight ?? 1
    })
    // By luck it is right in some series of thirty.
    expect(weights.sort()[10]).toBeLessThan(0.1)
  })

  test.each([1, 2, 3, 4])(
    'and not that of one which is as it was, although it is mostly wrong in them (seed %i)',
    (seed) => {
      const { random, good, was, measured } = setUp(seed)
      const [, moments] = momentsOf([good, was], truths(random, 600), 20)
      const labelled = moments.filter(({ truth }) => truth !== null)
      expect(labelled.filter(({ says, truth }) => says === truth).length).toBeLessThan(labelled.length / 2)
      const { stayed, weight } = reliabilityOf(STATES, measured[1] ?? [], since(moments))
      expect(stayed).toBeGreaterThan(0.5)
      expect(weight).toBeGreaterThan(0.9)
    },
  )
})

test('one that nothing is known of counts nothing, and alone leaves all states as likely as before', () => {
  const { probabilities } = join(STATES, [
    { reliability: unmeasured(STATES), said: 'open', says: 'open', confidence: 1, ageMs: 0, staleAfterMs: 1000 },
  ])
  expect(probabilities).toEqual([0.5, 0.5])
})

test('one that was wrong whenever it was judged counts nothing, and is not believed in reverse', () => {
  const judged = truths(seeded(3), 50).map((truth) => {
    const said = truth === 'open' ? 'closed' : 'open'
    return { truth, said, says: said, confidence: 0.99, count: 1 }
  })
  const statement = { reliability: reliabilityOf(STATES, judged), ageMs: 0, staleAfterMs: 1000, confidence: 0.99 }
  const { probabilities } = join(STATES, [{ ...statement, said: 'open', says: 'open' }])
  expect(probabilities[1]).toBeGreaterThanOrEqual(0.5)
})

test('what was said a while ago counts less, and the more sure a member is, the more', () => {
  const random = seeded(5)
  const reliability = reliabilityOf(STATES, judgedOf(knowing(random, 0.98, 0.7), truths(random, 400)))
  const open = (confidence: number, ageMs: number) =>
    join(STATES, [{ reliability, said: 'open', says: 'open', confidence, ageMs, staleAfterMs: 60_000 }])
      .probabilities[1] ?? 0
  expect(open(0.98, 0)).toBeGreaterThan(open(0.7, 0))
  expect(open(0.98, 0)).toBeGreaterThan(open(0.98, 20_000))
  expect(open(0.98, 20_000)).toBeGreaterThan(open(0.98, 50_000))
  expect(open(0.98, 50_000)).toBeGreaterThan(0.5)
})

test('states are mapped, those of the same name by themselves', () => {
  expect(['0', '45', '90', '15', 'open', 'constructor'].map((state) => saidOfDoor(DECLARED, state, STATES))).toEqual([
    'closed',
    'open',
    'open',
    null,
    'open',
    null,
  ])
})
