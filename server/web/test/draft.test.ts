import { expect, test } from 'vitest'
import { Draft } from '../src/pages/camera/draft.ts'

const SERVER = { states: ['closed', 'open'], threshold: 80, debounce: 3 }
const shown = ({ fields }: Draft<typeof SERVER>) => ({
  states: fields.states.value,
  threshold: fields.threshold.value,
  debounce: fields.debounce.value,
})

test('what nobody touched follows the server, what somebody edits stays', () => {
  const draft = new Draft(SERVER)
  draft.fields.threshold.value = 90
  draft.follow({ ...SERVER, debounce: 5, states: ['closed', 'ajar', 'open'] })
  expect(shown(draft)).toEqual({ states: ['closed', 'ajar', 'open'], threshold: 90, debounce: 5 })
  expect(draft.clashes.value).toEqual([])
})

test('where the same was changed elsewhere, one is asked: theirs', () => {
  const draft = new Draft(SERVER)
  draft.fields.threshold.value = 90
  draft.fields.debounce.value = 4
  draft.follow({ ...SERVER, threshold: 70 })
  expect([shown(draft).threshold, draft.clashes.value]).toEqual([90, ['threshold']])
  draft.follow({ ...SERVER, threshold: 70 }) // said once more
  expect(draft.clashes.value).toEqual(['threshold'])
  draft.takeTheirs()
  expect(shown(draft)).toMatchObject({ threshold: 70, debounce: 4 })
  expect(draft.clashes.value).toEqual([])
})

test('where the same was changed elsewhere, one is asked: mine', () => {
  const draft = new Draft(SERVER)
  draft.fields.threshold.value = 90
  draft.follow({ ...SERVER, threshold: 70 })
  draft.keepMine()
  draft.follow({ ...SERVER, threshold: 70, debounce: 9 })
  expect([shown(draft), draft.clashes.value]).toEqual([{ ...SERVER, threshold: 90, debounce: 9 }, []])
})

test('what was saved comes back from the server, and is no clash', () => {
  const draft = new Draft({ masks: [[{ x: 0, y: 0 }]] })
  draft.fields.masks.value = []
  draft.follow({ masks: [] })
  draft.follow({ masks: [[{ x: 1, y: 1 }]] })
  expect(draft.fields.masks.value).toEqual([[{ x: 1, y: 1 }]])
  expect(draft.clashes.value).toEqual([])
})
