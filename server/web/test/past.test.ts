import { expect, test } from 'vitest'
import type { Segment } from '../src/live/segments.ts'
import { bucketAt, leastCertain, lineOf } from '../src/pages/camera/confidence.ts'
import { downloadPath } from '../src/pages/camera/download.ts'
import { changesOf, isTooFine, loadPast, MOST_CHANGES, NOTHING } from '../src/pages/camera/past.ts'
import { pilesOf } from '../src/ribbon/pile.ts'
import { serve } from './browser.ts'

/** What the page of a camera makes of its past. */

const WIDTH = 1000
const bucket = (at: number, mean: number | null, [min, max] = [mean, mean]) => ({
  at: new Date(at).toISOString(),
  results: 3,
  states: { open: 3 },
  confidence:
    mean === null || min === null || max === null
      ? null
      : { mean, min: min as number, minFrame: `pi/cam/${at}`, max: max as number, maxFrame: `pi/cam/${at + 1}` },
})
const line = (buckets: ReturnType<typeof bucket>[], to = 100_000) => lineOf({ width: WIDTH, buckets }, { from: 0, to })

test('the line of confidence is broken where no result came for long, and where none says how sure it was', () => {
  const { times, means } = line([bucket(1000, 0.9), bucket(2000, 0.8), bucket(9000, 0.7), bucket(10_000, null)])
  expect(times).toEqual([1.5, 2.5, 6, 9.5, 10.5])
  expect(means).toEqual([0.9, 0.8, null, 0.7, null])
})

test('it is not broken between buckets that follow on one another, however few they are', () => {
  expect(line([bucket(0, 0.9), bucket(1000, 0.8), bucket(2000, 0.7)], 3000).means).toEqual([0.9, 0.8, 0.7])
})

test('with it go its bounds, in which one doubtful frame of many is seen', () => {
  const { highs, lows } = line([bucket(0, 0.9, [0.2, 0.99])])
  expect([highs, lows]).toEqual([[0.99], [0.2]])
  const buckets = [bucket(1000, 0.5, [0.4, 0.6]), bucket(0, 0.9, [0.2, 0.99]), bucket(2000, null)]
  expect(leastCertain(buckets)?.confidence?.minFrame).toBe('pi/cam/0')
  expect(leastCertain([bucket(0, null)])).toBeNull()
})

test('the mouse stands at the bucket it is over, or at one beside it, and at none where nothing is near', () => {
  const past = { ...NOTHING, span: { from: 0, to: 50_000 }, width: WIDTH, buckets: [bucket(0, 0.9), bucket(1000, 0.8)] }
  const at = (ms: number) => bucketAt(past, ms)?.at
  expect([at(400), at(1100), at(1999), at(9000)]).toEqual([
    past.buckets[0]?.at,
    past.buckets[1]?.at,
    past.buckets[1]?.at,
    undefined,
  ])
})

const segment = (from: number, to: number, frame: string | null = null): Segment => ({
  from,
  to,
  state: 'open',
  reason: null,
  frame,
})

test('changes of state are listed, not where something was first known', () => {
  const found = changesOf(
    [segment(0, 10, 'pi/cam/0'), segment(10, 20), segment(30, 40), segment(50, 60, 'pi/cam/50')],
    0,
  )
  expect(found.map(({ from }) => from)).toEqual([50, 10])
  const many = Array.from({ length: MOST_CHANGES + 1 }, (_, i) => segment(i, i + 1))
  expect(changesOf(many, 0).map(({ from }) => from)).toEqual(
    many
      .slice(1)
      .map(({ from }) => from)
      .reverse(),
  )
})

test('a year is asked for in as much detail as an hour, and its newest changes are all there', async () => {
  const calls = serve((call) => [
    200,
    call.includes('/history') ? { width: 60_000, since: null, items: [] } : { items: [], next: null },
  ])
  const year = { from: 0, to: 365 * 86_400_000 }
  expect(await loadPast('/api/cameras/pi/cam', year, new AbortController().signal)).toEqual({
    ...NOTHING,
    span: year,
    width: 60_000,
  })
  expect(calls).toEqual(
    ['ribbon?every=52560000', `ribbon?limit=${MOST_CHANGES + 1}`, 'history?points=600', 'time-in-state'].map(
      (asked) => {
        const [what, query] = asked.split('?')
        return `GET /api/cameras/pi/cam/${what}?from=0&to=${year.to}${query ? `&${query}` : ''}`
      },
    ),
  )
})

test('files are of the span that is looked at, and of what was chosen of it', () => {
  const camera = { id: 'pi/cam', device: 'pi' }
  const span = { from: 0, to: 86_400_000 }
  expect(downloadPath(camera, span, 'frames', { state: 'open', every: 60_000 })).toBe(
    '/api/cameras/pi/cam/frames.zip?from=0&to=86400000&state=open&every=60000',
  )
  expect(downloadPath(camera, span, 'frames', { state: undefined, every: undefined })).toBe(
    '/api/cameras/pi/cam/frames.zip?from=0&to=86400000',
  )
  expect(downloadPath(camera, span, 'readings', { format: 'ndjson' })).toBe(
    '/api/readings?device=pi&from=0&to=86400000&format=ndjson',
  )
})

test('where most changes cannot be drawn, states are piled up by their share of the results', () => {
  const times = (entered: number) => [{ state: 'open', seconds: 1, entered }]
  const segments = Array.from({ length: 100 }, (_, i) => segment(i, i + 1))
  expect([100, 120, 130, 9000].map((count) => isTooFine({ times: times(count), segments }))).toEqual([
    ...[false, false, true, true],
  ])
  expect(isTooFine({ times: [], segments: [] })).toBe(false)
  const counted = { ...bucket(1000, 0.9), results: 10, states: { unknown: 1, open: 2, closed: 6, gone: 1 } }
  const pieces = pilesOf([bucket(-2000, 0.9), counted], WIDTH, { from: 0, to: 10_000 }, ['closed', 'open'])
  expect(pieces.map(({ state }) => state)).toEqual(['closed', 'open', 'gone', 'unknown'])
  const rounded = pieces.map(({ top, height }) => [top, height].map((one) => Math.round(one * 10)))
  expect(rounded).toEqual([
    [4, 6],
    [2, 2],
    [1, 1],
    [0, 1],
  ])
  expect(pieces[0]).toMatchObject({ left: 0.1, width: 0.1 })
})
