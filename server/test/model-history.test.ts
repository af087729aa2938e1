import { expect, test } from 'vitest'
import { earlierModels } from '../src/training/registry/history.ts'

type Step = Parameters<typeof earlierModels>[0][number]

/** `A` was activated, `<A` was gone back to; each after whatever was active then. */
function history(...steps: string[]): { steps: Step[]; active: string | null } {
  let active: string | null = null
  const rows = steps.map((step): Step => {
    const model = step.replace('<', '')
    const row: Step = { model, previous: active, reason: step.startsWith('<') ? 'rolled_back' : 'activated' }
    active = model
    return row
  })
  return { steps: rows, active }
}

test.each([
  ['nothing', [], []],
  ['one model', ['A'], []],
  ['three models', ['A', 'B', 'C'], ['B', 'A']],
  ['one step back', ['A', 'B', 'C', '<B'], ['A']],
  ['two steps back', ['A', 'B', 'C', '<B', '<A'], []],
  ['on again after a step back', ['A', 'B', '<A', 'C'], ['A']],
  ['the same model by hand twice', ['A', 'B', 'A'], ['B']],
  ['back over one that could not be used', ['A', 'B', 'C', '<A', 'D'], ['A']],
])('after %s', (_, steps, earlier) => {
  const { steps: rows, active } = history(...steps)
  expect(earlierModels(rows, active)).toEqual(earlier)
})

test('what was active before there was a history, or was made so by an older release, counts', () => {
  expect(earlierModels([{ model: 'B', previous: 'A', reason: 'trained' }], 'B')).toEqual(['A'])
  expect(earlierModels(history('A', 'B').steps, 'X')).toEqual(['B', 'A'])
  expect(earlierModels([...history('A').steps, { model: 'C', previous: 'X', reason: 'trained' }], 'C')).toEqual([
    'X',
    'A',
  ])
  expect(earlierModels(history('A', 'B').steps, null)).toEqual(['B', 'A'])
})
