import { expect, test } from 'vitest'
import { bandsOf, heightOf, segmentAt } from '../src/ribbon/band.ts'
import { between, latest, lengthOf, moved, zoomed } from '../src/ribbon/span.ts'

const bounds = { from: 1_000_000, to: 2_000_000 }
const segment = (from: number, to: number, state: string) => ({ from, to, state, reason: null, frame: null })

test('zooming keeps the moment under the pointer where it is', () => {
  const span = { from: 1_400_000, to: 1_600_000 }
  const closer = zoomed(span, 0.5, 1_450_000, bounds)
  expect(closer).toEqual({ from: 1_425_000, to: 1_525_000 })
  expect(zoomed(closer, 2, 1_450_000, bounds)).toEqual(span)
})

test('zooming ends at all there is, and at a second', () => {
  expect(zoomed({ from: 1_400_000, to: 1_600_000 }, 100, 1_500_000, bounds)).toEqual(bounds)
  expect(lengthOf(zoomed({ from: 1_400_000, to: 1_600_000 }, 1e-9, 1_500_000, bounds))).toBe(1000)
})

test('moving keeps the length and stops at the ends', () => {
  const span = { from: 1_400_000, to: 1_600_000 }
  expect(moved(span, 0.5, bounds)).toEqual({ from: 1_500_000, to: 1_700_000 })
  expect(moved(span, 50, bounds)).toEqual({ from: 1_800_000, to: 2_000_000 })
  expect(moved(span, -50, bounds)).toEqual({ from: 1_000_000, to: 1_200_000 })
})

test('a stretch may be drawn in either direction', () => {
  const span = { from: 1_000_000, to: 1_100_000 }
  expect(between(span, 0.75, 0.25, bounds)).toEqual({ from: 1_025_000, to: 1_075_000 })
})

test('the latest so many are shown whole, also where there is less to see; all begins with the first', () => {
  expect(latest(400_000, bounds)).toEqual({ from: 1_600_000, to: 2_000_000 })
  expect(latest(1_500_000, bounds)).toEqual({ from: 500_000, to: 2_000_000 })
  expect(latest(Number.POSITIVE_INFINITY, bounds)).toEqual(bounds)
  expect(latest(Number.POSITIVE_INFINITY, { from: 2_000_000, to: 2_000_000 })).toEqual({
    ...{ from: 1_999_000, to: 2_000_000 },
  })
})

test('bands are what lies in the span; the last state goes on', () => {
  const segments = [
    segment(0, 100, 'closed'),
    segment(100, 200, 'open'),
    segment(200, Number.POSITIVE_INFINITY, 'closed'),
  ]
  const bands = bandsOf(segments, { from: 150, to: 250 })
  expect(bands.map(({ left, width, segment: { state } }) => [left, width, state])).toEqual([
    [0, 0.5, 'open'],
    [0.5, 0.5, 'closed'],
  ])
  expect(bandsOf(segments, { from: -50, to: 0 })).toEqual([])
  // Where no frames came, nothing is drawn.
  const silent = ['stale', 'offline'].map((reason) => ({ ...segment(100, 200, 'unknown'), reason }))
  expect(bandsOf(silent, { from: 0, to: 300 })).toEqual([])
})

test('each state has a height of its own, and what is no state fills all', () => {
  const heights = ['closed', 'ajar', 'open', 'unknown'].map((state) => heightOf(state, ['closed', 'ajar', 'open']))
  expect(heights).toEqual([0.4, 0.7, 1, 1])
})

test('the state of a moment', () => {
  const segments = [segment(0, 100, 'closed'), segment(100, 200, 'open')]
  expect([segmentAt(segments, 99)?.state, segmentAt(segments, 100)?.state, segmentAt(segments, 200)]).toEqual([
    'closed',
    'open',
    null,
  ])
})
