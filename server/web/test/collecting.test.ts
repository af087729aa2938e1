import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import type { HoldBody } from '../src/api/sensor-bodies.ts'
import { COUNTDOWN, Collecting } from '../src/pages/sensor/collect/collecting.ts'
import { holdInWords, isWhole } from '../src/pages/sensor/collect/words.ts'

/** Guided collection: what is to be held next, and what comes of each hold. */

const hold = (state: string, more: Partial<HoldBody> = {}): HoldBody => ({
  ...{ state, author: 'eve', wanted: 3, got: 0, refused: 0, reason: null, perSecond: 0 },
  ...{ startedAt: '', endsAt: '', endedAt: null, endedBy: null },
  ...more,
})

let held: HoldBody | null
let failed: unknown[]
let calls: string[]
let collecting: Collecting

beforeEach(() => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  held = null
  failed = []
  calls = []
  collecting = new Collecting({
    begin: async (state, readings) => {
      calls.push(`begin ${state} ${readings}`)
      held = hold(state, { wanted: readings })
      return held
    },
    look: async () => held,
    stop: async (takeBack) => {
      calls.push(takeBack ? 'take back' : 'stop')
      held = hold(held?.state ?? '', { ...held, got: takeBack ? 0 : 2, endedBy: held?.endedBy ?? 'stopped' })
      return held
    },
    onFailed: (error) => failed.push(error),
    onLabelled: () => calls.push('labelled'),
  })
  onTestFinished(() => collecting.close())
})

const countDown = () => vi.advanceTimersByTimeAsync(COUNTDOWN * 1000)
const end = async (more: Partial<HoldBody>) => {
  held = { ...hold(''), ...held, ...more }
  await vi.advanceTimersByTimeAsync(1000)
}
const now = () => [collecting.phase.value.is, collecting.step.value?.round, collecting.step.value?.state]

test('every state is held once in each round, in the same order', async () => {
  collecting.start({ states: ['0', '90'], rounds: 2, readings: 3 })
  const seen: unknown[] = []
  while (collecting.phase.value.is === 'ready') {
    seen.push(now().slice(1))
    collecting.count()
    expect(collecting.phase.value).toEqual({ is: 'countdown', left: COUNTDOWN })
    await countDown()
    expect(collecting.phase.value.is).toBe('holding')
    await end({ got: 3, endedBy: 'count' })
    expect(collecting.phase.value.is).toBe('over')
    collecting.next()
  }
  expect(seen).toEqual([
    [1, '0'],
    [1, '90'],
    [2, '0'],
    [2, '90'],
  ])
  expect(collecting.phase.value.is).toBe('done')
  expect(collecting.steps.value.map(({ got }) => got)).toEqual([3, 3, 3, 3])
  expect(calls.filter((call) => call === 'labelled')).toHaveLength(4)
})

test('who is not ready yet waits, skips, stops, holds it again, or takes it back', async () => {
  collecting.start({ states: ['0', '90'], rounds: 1, readings: 3 })
  collecting.count()
  await vi.advanceTimersByTimeAsync(1000)
  collecting.wait()
  await countDown()
  expect([now(), calls]).toEqual([['ready', 1, '0'], []])
  collecting.count()
  await countDown()
  await collecting.stop()
  expect(collecting.steps.value[0]?.got).toBe(2)
  collecting.count()
  await countDown()
  await end({ got: 3, endedBy: 'count' })
  expect(collecting.steps.value[0]?.got).toBe(5)
  await collecting.takeBack()
  expect([now(), collecting.steps.value[0]?.got]).toEqual([['ready', 1, '0'], null])
  collecting.next()
  expect(now()).toEqual(['ready', 1, '90'])
})

test('a hold that runs is found after a reload', async () => {
  held = hold('15', { got: 7 })
  await collecting.find()
  expect(now()).toEqual(['holding', 1, '15'])
  await end({ got: 20, endedBy: 'count' })
  expect([now(), collecting.steps.value[0]?.got]).toEqual([['over', 1, '15'], 20])
})

test('labels of a hold that ended while the page was away can be taken back, and only those', async () => {
  held = hold('15', { got: 150, endedBy: 'count', startedAt: '1' })
  await collecting.find()
  expect([now()[0], collecting.before.value?.got]).toEqual(['planning', 150])
  await collecting.takeBackBefore()
  expect([calls, collecting.before.value]).toEqual([['take back', 'labelled'], null])

  calls.length = 0
  held = hold('15', { got: 9, endedBy: 'count', startedAt: '2' })
  await collecting.find()
  held = hold('30', { got: 5, endedBy: 'count', startedAt: '3' }) // somebody else was there
  await collecting.takeBackBefore()
  expect([calls, collecting.before.value?.state]).toEqual([['labelled'], '30'])
})

test('of a hold that the server refuses, or forgot, nothing is claimed', async () => {
  collecting.start({ states: ['0'], rounds: 1, readings: 3 })
  collecting.count()
  await countDown()
  held = null // it was restarted
  await vi.advanceTimersByTimeAsync(1000)
  expect([now(), collecting.steps.value[0]?.got]).toEqual([['ready', 1, '0'], null])
})

test('what came of a hold is said, with what to do where nothing came', () => {
  const said = (more: Partial<HoldBody>) => holdInWords(hold('15', more))
  expect(said({ got: 200, endedBy: 'count' })).toBe('200 readings of 15.')
  expect(said({ got: 0, endedBy: 'silence' })).toMatch(/is the sensor on/)
  expect(said({ got: 3, endedBy: 'silence' })).toBe('3 readings of 15, then nothing came for 15 seconds.')
  expect(said({ got: 3, endedBy: 'count', refused: 2, reason: 'too long' })).toBe(
    '3 readings of 15. 2 others have no label: too long.',
  )
  expect(isWhole(hold('15', { endedBy: 'count' }))).toBe(true)
  expect(isWhole(hold('15', { endedBy: 'silence' }))).toBe(false)
})
