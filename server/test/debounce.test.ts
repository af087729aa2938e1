import { describe, expect, test } from 'vitest'
import type { CameraStateRow } from '../src/database/schema.ts'
import { debounce, forget, nothingKnown, type Observation, type Transition } from '../src/record/debounce.ts'

const see = (capturedAt: number, state: string, reason: Observation['reason'] = null): Observation => ({
  capturedAt,
  state,
  reason,
  confidence: 0.9,
  model: 'pi/a@1',
})

function run(observations: Observation[], needed: number, from = nothingKnown('pi/a')) {
  const transitions: Transition[] = []
  let memory: CameraStateRow = from
  for (const observation of observations) {
    const { after, transition } = debounce(memory, observation, needed)
    memory = after
    if (transition) transitions.push(transition)
  }
  return { memory, transitions }
}

/** `AAB`: one observation a letter, at 1, 2, 3, ... */
const letters = (text: string) => [...text].map((state, i) => see(i + 1, state))
const changes = (text: string, needed: number) =>
  run(letters(text), needed).transitions.map(({ at, from_state, to_state }) => `${at}:${from_state}>${to_state}`)

describe('a state changes once enough results in a row agree', () => {
  test.each([
    ['AA', 3, []],
    ['AAA', 3, ['1:unknown>A']],
    ['AAABAABBA', 3, ['1:unknown>A']],
    ['AAABBB', 3, ['1:unknown>A', '4:A>B']],
    ['AAABABABBB', 3, ['1:unknown>A', '8:A>B']],
    ['AB', 1, ['1:unknown>A', '2:A>B']],
  ])('%s with %i: %j', (text, needed, expected) => expect(changes(text, needed)).toEqual(expected))

  test('the change counts from the first of them and is told by the last', () => {
    const { memory, transitions } = run(letters('AAA'), 3)
    expect(transitions).toEqual([expect.objectContaining({ at: 1, frame_at: 3 })])
    expect(memory).toMatchObject({ state: 'A', since: 1, frame_at: 3, newest_at: 3, confidence: 0.9 })
  })

  test('`unknown` has to be agreed on too, for whatever reasons', () => {
    const unsure = [see(4, 'unknown', 'low_confidence'), see(5, 'unknown', 'unlike_training')]
    expect(run([...letters('AAA'), ...unsure], 3).memory.state).toBe('A')
    const { memory, transitions } = run([...letters('AAA'), ...unsure, see(6, 'unknown', 'low_confidence')], 3)
    expect(memory).toMatchObject({ state: 'unknown', reason: 'low_confidence' })
    expect(transitions.at(-1)).toMatchObject({ at: 4, from_state: 'A', to_state: 'unknown' })
  })
})

describe('a camera that was moved', () => {
  const strange = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => see(from + i, 'unknown', 'unlike_training'))

  test('is told by thirty frames in a row unlike anything in training', () => {
    expect(run(strange(1, 29), 3).memory.reason).toBe('unlike_training')
    expect(run(strange(1, 30), 3).memory.reason).toBe('moved')
  })

  test('not by frames that were merely unclear', () => {
    const unclear = Array.from({ length: 40 }, (_, i) => see(i + 1, 'unknown', 'low_confidence'))
    expect(run([...unclear, ...strange(41, 1)], 3).memory.reason).toBe('unlike_training')
  })

  test('and it is over with the first frame that is like training', () => {
    const { memory } = run([...strange(1, 35), see(36, 'A'), ...strange(37, 1)], 3)
    expect(memory.reason).toBe('unlike_training')
  })
})

describe('frames that have stopped', () => {
  test('make the state unknown, and it has to be earned again', () => {
    const { after, transition } = forget(run(letters('AAA'), 3).memory, 'stale', 500)
    expect(after).toMatchObject({ state: 'unknown', reason: 'stale', since: 500, confidence: null, newest_at: 3 })
    expect(transition).toMatchObject({ at: 500, from_state: 'A', to_state: 'unknown', reason: 'stale' })
    expect(run([see(600, 'A'), see(601, 'A')], 3, after).transitions).toEqual([])
    expect(run([see(600, 'A'), see(601, 'A'), see(602, 'A')], 3, after).transitions).toHaveLength(1)
  })

  test('are no change where nothing was known', () => {
    const { after, transition } = forget(run([see(1, 'unknown', 'low_confidence')], 3).memory, 'offline', 500)
    expect(transition).toBeNull()
    expect(after).toMatchObject({ state: 'unknown', reason: 'offline', since: 1 })
  })
})
