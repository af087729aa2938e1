import { expect, test } from 'vitest'
import { gate, type TestFrame } from '../src/index.ts'

const states = ['closed', 'open']

/** Frames of each state, the first `wrong` of which were not told. */
function frames(perState: Record<string, { all: number; wrong: number }>): TestFrame[] {
  return Object.entries(perState).flatMap(([truth, { all, wrong }]) =>
    Array.from({ length: all }, (_, i) => ({
      frame: `pi/cam/${truth}${i}`,
      truth,
      said: i < wrong ? (states.find((state) => state !== truth) ?? '') : truth,
      confidence: 0.9,
    })),
  )
}

const compare = (active: TestFrame[], candidate: TestFrame[], labels = new Map<string, string>()) =>
  gate({ states, active, candidate, labels, since: null })

const right = frames({ closed: { all: 20, wrong: 0 }, open: { all: 20, wrong: 0 } })

test('a frame of forty is chance, and two are not', () => {
  for (const wrong of [0, 1, 2, 3]) {
    const said = compare(right, frames({ closed: { all: 20, wrong }, open: { all: 20, wrong: 0 } }))
    expect(said).toMatchObject({ worse: wrong > 1, lost: wrong, frames: 40, active: 1 })
  }
})

test('labels that were put right are no loss', () => {
  const active = frames({ closed: { all: 20, wrong: 0 }, open: { all: 20, wrong: 0 } })
  const candidate = frames({ closed: { all: 20, wrong: 6 }, open: { all: 20, wrong: 0 } })
  const corrected = new Map(Array.from({ length: 6 }, (_, i) => [`pi/cam/closed${i}`, 'open']))
  expect(compare(active, candidate)).toMatchObject({ worse: true, lost: 6 })
  expect(compare(active, candidate, corrected)).toMatchObject({
    ...{ worse: false, lost: 0, frames: 34, relabelled: 6, candidate: 1 },
  })
})

test('where most labels are others now, a person has to say which are right', () => {
  const turned = frames({ closed: { all: 20, wrong: 20 }, open: { all: 20, wrong: 20 } })
  const labels = new Map(right.map(({ frame, truth }) => [frame, truth === 'open' ? 'closed' : 'open']))
  const said = compare(right, turned, labels)
  expect(said).toMatchObject({ worse: true, frames: 40, relabelled: 40, candidate: 0, active: 1 })
  expect(said?.reason).toMatch(
    /^40 of the 40 frames .* have another label now.* 0 % right and the active model 100 %.*`force`/,
  )
})

test('what loses many frames is worse, and is told by how much', () => {
  const flipped = frames({ closed: { all: 20, wrong: 20 }, open: { all: 20, wrong: 19 } })
  const said = compare(right, flipped, new Map([['pi/cam/open3', 'closed']]))
  expect(said).toMatchObject({ worse: true, lost: 38, gained: 0, frames: 39, relabelled: 1, active: 1 })
  expect(said?.candidate).toBeCloseTo(1 / 38, 6)
  expect(said?.reason).toMatch(/^on 39 frames .*3 % right and the active model 100 %.*\(38 frames lost, 0 gained\)/)
  expect(said?.reason).toMatch(/1 more, whose label is another now, are left out.*`force`/)
  expect(compare(flipped, right)).toMatchObject({ worse: false, lost: 0, gained: 39 })
})

test('a rare state that is lost is not outweighed by a few frames of a common one', () => {
  const active = frames({ closed: { all: 60, wrong: 8 }, open: { all: 4, wrong: 0 } })
  const candidate = frames({ closed: { all: 60, wrong: 0 }, open: { all: 4, wrong: 4 } })
  expect(compare(active, candidate)).toMatchObject({ worse: true, lost: 4, gained: 8 })
})

test('as many lost as gained is no worse; only frames that both judged count', () => {
  const active = frames({ closed: { all: 20, wrong: 6 }, open: { all: 20, wrong: 0 } })
  const candidate = frames({ closed: { all: 20, wrong: 0 }, open: { all: 20, wrong: 6 } })
  expect(compare(active, candidate)).toMatchObject({ worse: false, lost: 6, gained: 6 })
  const few = candidate.filter(({ frame }) => /[01]$/.test(frame))
  expect(compare(active, few)).toMatchObject({ frames: 8 })
  expect(compare(active, [])).toBeNull()
})

test('of thousands of frames, too', () => {
  const active = frames({ closed: { all: 3000, wrong: 0 }, open: { all: 3000, wrong: 1500 } })
  const candidate = frames({ closed: { all: 3000, wrong: 1600 }, open: { all: 3000, wrong: 0 } })
  expect(compare(active, candidate)).toMatchObject({ lost: 1600, gained: 1500, worse: true })
  expect(compare(candidate, active)).toMatchObject({ worse: false })
})
