import { expect, test } from 'vitest'
import { queryOf, sourceOf } from '../src/pages/teach/source.ts'
import { whyInWords } from '../src/pages/teach/why.ts'
import { reviewInWords, reviewOf, reviewQuery } from '../src/router/review.ts'

/** Which frames are on the desk stands in its address: a reload shows the same. */

const usual = { order: 'useful', label: 'none', every: 0, from: null, to: null } as const

test('an address without a query is the usual, and the usual needs none', () => {
  expect(sourceOf('', 'useful')).toEqual(usual)
  expect(queryOf(usual, 'useful')).toBe('')
  expect(sourceOf('', 'newest').order).toBe('newest')
})

test.each([
  { ...usual, order: 'uncertain' },
  { ...usual, order: 'newest', label: null },
  { ...usual, order: 'newest', label: 'unclear', every: 60_000 },
  { ...usual, from: 1_795_286_400_000, to: 1_795_286_500_000 },
] as const)('what was chosen is read again from the address: %j', (source) => {
  expect(sourceOf(queryOf(source, 'useful'), 'useful')).toEqual(source)
})

test('what an address says that makes no sense is left out', () => {
  expect(sourceOf('?order=best&every=soon&from=-1&to=', 'useful')).toEqual(usual)
  // Only what nobody has labelled is useful.
  expect(sourceOf('?order=useful&label=open', 'useful').order).toBe('newest')
})

test('a review is an address too, and a frame in it', () => {
  const field = { of: 'wrong', model: 'pi/door@3', truth: 'open', said: 'closed' } as const
  for (const review of [{ of: 'suspects' }, { of: 'wrong', model: 'pi/door@12' }, field] as const)
    expect(reviewOf(reviewQuery(review, 'pi/door/1'))).toEqual(review)
  expect(new URLSearchParams(reviewQuery(field, 'pi/door/1')).get('frame')).toBe('pi/door/1')
  expect(['', '?review=wrong', '?review=wrong&model=3', '?review=all'].map(reviewOf)).toEqual([null, null, null, null])
  expect(reviewInWords(field)).toBe('Labelled open; model 3 took them for closed')
})

test('why a frame is worth a label is said, where the server says so', () => {
  expect(whyInWords('other_hour')?.short).toBe('other hour')
  expect([whyInWords(null), whyInWords(undefined), whyInWords('new reason' as 'newest')]).toEqual([null, null, null])
})
