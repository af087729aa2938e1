import { expect, test } from 'vitest'
import { draftOf, proposed, sentOf, statesIn } from '../src/pages/doors/draft.ts'

const ANGLES = ['0', '15', '90']
const STATES = ['closed', 'open']

test('states are what stands between commas or spaces, each once', () => {
  expect(statesIn(' closed, open  ajar,open,')).toEqual(['closed', 'open', 'ajar'])
})

test('what a state says before anybody has said otherwise: itself, and of angles the least is the first state', () => {
  expect(['closed', 'open'].map((state) => proposed(state, STATES, STATES))).toEqual(STATES)
  expect(ANGLES.map((angle) => proposed(angle, ANGLES, STATES))).toEqual(['closed', 'open', 'open'])
  expect(proposed('lid-on', ['lid-on', 'lid-off'], STATES)).toBe('')
  expect(proposed('15', ANGLES, [...STATES, 'ajar'])).toBe('')
})

test('only what the door and the member know is sent, and nothing that says itself', () => {
  const members = { 'pi/csi': { '0': 'closed', '15': 'ajar', '30': 'open', '90': 'open' }, 'pi/cam': { open: 'open' } }
  const sent = sentOf({ ...draftOf(null), members }, (source) => (source === 'pi/csi' ? ANGLES : STATES))
  expect(sent).toEqual({
    states: STATES,
    threshold: 0.8,
    debounce: 3,
    members: [
      { source: 'pi/csi', states: { '0': 'closed', '90': 'open' } },
      { source: 'pi/cam', states: {} },
    ],
  })
})
