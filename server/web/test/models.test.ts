import { expect, test } from 'vitest'
import type { ActivationBody, Gate } from '../src/api/model-bodies.ts'
import { rowsOf, wrongOf } from '../src/models/confusion.ts'
import { drawCurve } from '../src/models/curve.ts'
import {
  conditionInWords,
  gateDetails,
  gateInWords,
  isTelling,
  modelName,
  rateInWords,
  refusalInWords,
  verdictInWords,
} from '../src/models/words.ts'
import { modelBefore } from '../src/pages/models/model-before.ts'
import { cronFault, cronInWords } from '../src/pages/models/times.ts'

/** How a model's evaluation, its place beside the active one, and its history are said and drawn. */

const interval = { low: 0.8, high: 0.95 }

test('a verdict is a sentence: what is missing, or why nothing can be said', () => {
  const evaluation = {}
  expect(verdictInWords('ready', { evaluation })).toMatchObject({ isReady: true, title: 'Ready' })
  expect(verdictInWords('needs about 12 more frames of `open` at night', { evaluation })).toEqual({
    isReady: false,
    title: 'Not ready yet',
    next: 'It needs about 12 more frames of open at night.',
  })
  expect(verdictInWords('all frames are from one hour: label some of another day.', { evaluation: null })).toEqual({
    isReady: false,
    title: 'Not judged yet',
    next: 'All frames are from one hour: label some of another day.',
  })
  expect(verdictInWords(null, { evaluation: null }).next).toBe('Nobody knows how good it is.')
})

test('what is to be labelled next is said in the same words whatever comes first', () => {
  const evaluation = { advice: { state: 'open', more: 12, when: 'night' as const } }
  const needs = 'needs about 12 more frames of open, dark pictures.'
  expect(verdictInWords('needs about 12 more frames of `open` at night', { evaluation }).next).toBe(`It ${needs}`)
  const verdict = 'check the 3 labels that look wrong first, then it needs about 12 more frames of `open` at night'
  expect(verdictInWords(verdict, { evaluation, suspects: 3 }).next).toBe(`Then it ${needs}`)
  expect(verdictInWords(verdict, { evaluation, suspects: 0 }).next).toBe(`It ${needs}`)
  // What has nothing to do with the advice is said as the server says it.
  expect(verdictInWords('nobody knows how good it is here', { evaluation }).next).toBe(
    'Nobody knows how good it is here.',
  )
})

test('a model that is worse than the active one is not called ready', () => {
  expect(verdictInWords('ready', { evaluation: {}, worseThan: 'model 1' })).toEqual({
    isReady: false,
    title: 'Worse than model 1',
    next: 'By its own labels it would do: look at what it lost.',
  })
})

test('a counted rate may be all of it, and has a tenth where that tells something', () => {
  expect([1, 0.97234, 0.5].map(rateInWords)).toEqual(['100 %', '97.2 %', '50 %'])
  expect(conditionInWords({ frames: 1, balancedAccuracy: 1, interval })).toBe('100 % of 1 frame')
  expect(conditionInWords(null)).toBe('none has a label yet')
})

test('the gate says by how much, and what became of which frames', () => {
  const gate: Gate = {
    frames: 40,
    candidate: 0.7,
    active: 0.95,
    lost: 11,
    gained: 1,
    relabelled: 1,
    worse: true,
    since: { frames: 8, candidate: 1, active: 0.75 },
    reason: '1 more is left out: look at the labels, or activate it all the same (`force`)',
  }
  expect(gateInWords(gate, 'model 1')).toBe(
    'On the 40 frames by which model 1 was judged, with their labels of then, this one is right in 70 %, ' +
      'model 1 in 95 %: 25 points less.',
  )
  expect(gateInWords({ ...gate, candidate: 0.95 }, 'model 1')).toContain('just as often')
  expect(gateDetails(gate)).toEqual([
    '11 frames lost, 1 won.',
    '1 more is left out: look at the labels, or activate it all the same.',
    'Of 8 frames labelled since: 100 % against 75 %.',
  ])
  expect(gateDetails({ ...gate, lost: 0, gained: 0, relabelled: 0, since: null })).toEqual([])
  expect(gateDetails({ ...gate, reason: null })[1]).toBe('1 frame labelled otherwise since.')
  expect([gate, { ...gate, frames: 0 }].map(isTelling)).toEqual([true, false])
})

test('why a model was held back is said without words of the API', () => {
  expect(refusalInWords('look at the labels, or activate it all the same (`force`)')).toBe(
    'Look at the labels, or activate it all the same.',
  )
  expect(modelName('pi/door@12')).toBe('model 12')
})

test('a field of the confusion tells its frames, which are those that were wrong in just this way', () => {
  const wrong = [
    { frame: 'pi/door/1', truth: 'open', said: 'closed', confidence: 0.9 },
    { frame: 'pi/door/2', truth: 'closed', said: 'open', confidence: 0.6 },
  ]
  const [closed, open] = rowsOf({
    states: ['closed', 'open'],
    confusion: [
      [3, 1],
      [1, 0],
    ],
  })
  expect(closed).toMatchObject({ frames: 4, cells: [{ kind: 'right', share: 0.75 }, { kind: 'wrong' }] })
  expect(open?.cells).toMatchObject([
    { kind: 'wrong', count: 1 },
    { kind: 'right', count: 0 },
  ])
  expect(wrongOf({ wrong }, { truth: 'open', said: 'closed' }).map(({ frame }) => frame)).toEqual(['pi/door/1'])
  expect(wrongOf({ wrong }, {})).toHaveLength(2)
  expect(rowsOf({ states: ['a', 'b'], confusion: [] })[0]?.cells.map(({ share }) => share)).toEqual([0, 0])
})

test('a learning curve rises to the right, within its drawing; one point is none', () => {
  const point = (labels: number, balancedAccuracy: number) => ({ share: labels / 40, labels, balancedAccuracy })
  const drawing = drawCurve([point(40, 0.95), point(10, 0.72), point(20, 0.9)])
  expect(drawing?.points.map(({ labels }) => labels)).toEqual([10, 20, 40])
  const [first, second, last] = drawing?.points ?? []
  expect(first?.x).toBeLessThan(second?.x ?? 0)
  expect(last?.x).toBe(drawing?.right)
  expect(last?.y).toBeLessThan(first?.y ?? 0)
  expect(drawing?.levels[0]).toEqual({ rate: 0.7, y: drawing?.bottom })
  for (const { x, y } of drawing?.points ?? []) {
    expect(x).toBeGreaterThanOrEqual(drawing?.left ?? 0)
    expect(y).toBeLessThanOrEqual(drawing?.bottom ?? 0)
    expect(y).toBeGreaterThan(0)
  }
  expect(drawCurve([point(10, 1)])).toBeNull()
  // All right: the drawing still has a height.
  expect(drawCurve([point(10, 1), point(20, 1)])?.levels[0]?.rate).toBe(0.9)
})

test('one rolls back to the model that was active before, and from there to the one before that', () => {
  const happened: ActivationBody[] = []
  const active = () => happened[0]?.model ?? null
  const activate = (model: string, reason: ActivationBody['reason'] = 'activated') =>
    happened.unshift({ at: '2026-11-30T00:00:00.000Z', model, previous: active(), reason, author: 'mara' })
  expect(modelBefore(null, happened)).toBeNull()
  activate('d/c@1', 'trained')
  expect(modelBefore(active(), happened)).toBeNull()
  activate('d/c@2', 'trained')
  activate('d/c@3', 'trained')
  expect(modelBefore(active(), happened)).toBe('d/c@2')
  activate('d/c@2', 'rolled_back')
  expect(modelBefore(active(), happened)).toBe('d/c@1')
  activate('d/c@4', 'trained')
  expect(modelBefore(active(), happened)).toBe('d/c@2')
})

test('a cron line without five fields is refused here; one that is known is said in words', () => {
  expect(cronFault('0 3 * * *')).toBeNull()
  expect(cronFault(' 0 3 * *')).toMatch(/there are 4/)
  expect(cronFault('')).toMatch(/there are 0/)
  expect([cronInWords('0 3 * * 0'), cronInWords('5 4 * * *')]).toEqual(['every Sunday at 03:00', 'at 5 4 * * *'])
})

test('what is ready but for one thing is ready, and the thing is said', () => {
  const but = 'all readings of `90` come from one hold, so the figure may flatter'
  expect(verdictInWords(`ready; ${but}`, { evaluation: null })).toEqual({
    isReady: true,
    title: 'Ready',
    next: 'All readings of 90 come from one hold, so the figure may flatter.',
  })
  expect(verdictInWords('ready', { evaluation: null }).next).toBe('Good enough to rely on.')
  expect(verdictInWords('readings are too few', { evaluation: null }).isReady).toBe(false)
})
