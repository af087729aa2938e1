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

test('a frame or three of forty are chance', () => {
  for (const wrong of [0, 1, 3]) {
    const worse = frames({ closed: { all: 20, wrong }, open: { all: 20, wrong: 0 } })
    expect(compare(right, worse)).toMatchObject({ worse: false, reason: null, lost: wrong, frames: 40, active: 1 })
  }
})

test('what loses many frames is worse, and is told by how much', () => {
  const flipped = frames({ closed: { all: 20, wrong: 20 }, open: { all: 20, wrong: 19 } })
  const said = compare(right, flipped, new Map([['pi/cam/open3', 'closed']]))
  expect(said).toMatchObject({ worse: true, lost: 39, gained: 0, relabelled: 1, active: 1 })
  expect(said?.candidate).toBeCloseTo(0.025, 6)
  expect(said?.reason).toMatch(/^on 40 frames .*3 % right and the active model 100 %.*\(39 frames lost, 0 gained\)/)
  expect(said?.reason).toMatch(/1 of these frames has another label now.*`force`/)
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
